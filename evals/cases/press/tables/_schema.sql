CREATE TABLE Author (AuthorID INTEGER, PenName VARCHAR, Country VARCHAR, BirthDate DATE, Retired BOOLEAN, AgencyName VARCHAR);
CREATE TABLE Employee (EmployeeID INTEGER, FullName VARCHAR, Desk VARCHAR, HiredOn DATE);
CREATE TABLE Book (BookID INTEGER, BookCode VARCHAR, Title VARCHAR, Genre VARCHAR, EditorID INTEGER, TranslatorID INTEGER, ContractedOn DATE, PublishedOn DATE, PrintCost DECIMAL(10,2), Pages INTEGER);
CREATE TABLE Contribution (BookID INTEGER, AuthorID INTEGER, PartTitle VARCHAR, RoyaltyPercent DECIMAL(5,2), IsGhostwriter BOOLEAN);
CREATE TABLE Bookshop (ShopID INTEGER, ShopName VARCHAR, City VARCHAR, PartnerSince DATE, Email VARCHAR);
CREATE TABLE CopySale (SaleID INTEGER, BookID INTEGER, ShopID INTEGER, SoldOn DATE, Quantity INTEGER, NetAmount DECIMAL(10,2), Channel VARCHAR, PromoCode VARCHAR, Refunded BOOLEAN);
