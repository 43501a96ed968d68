"""Twenty ways to start conversation 1: the money of two systems does not agree."""

WORDINGS = (
    "Stripe deposits don't match Shopify, show me where the money goes",
    "My Stripe deposits never match Shopify. Show me where the money goes, every Monday.",
    "Why do my Stripe payouts not add up to my Shopify sales?",
    "Reconcile Stripe with Shopify and the bank",
    "The bank gets less than Shopify says we sold. Where does the money go?",
    "Can you compare Shopify orders with Stripe payouts and the bank statement?",
    "I sold more than what landed in the bank, where did the rest go?",
    "Explain the difference between Shopify sales and bank deposits",
    "Tie out Stripe payouts to bank deposits each week",
    "What we get from Stripe is lower than our Shopify sales",
    "Check the Stripe deposits against Shopify orders",
    "Stripe and Shopify don't agree",
    "There's a gap between shop sales and bank deposits",
    "Money is missing between Shopify and the bank",
    "Our payouts do not line up with orders; find the discrepancies",
    "find out why deposits are short of sales",
    "I never understand my Stripe deposits. They are never the same as the Shopify totals.",
    "Match Stripe payouts to orders and to the bank statement every Monday at 8",
    "How come the deposits on the statement don't equal what the shop took?",
    "Where is our money going between Shopify, Stripe and the bank?",
)
