-- Who the customer record `person` is: 2c is the person c, 2c + 1 the same person's second record, where there is one.
CREATE MACRO has_double(c) AS u(c, 'has double') % 100 < 7;
CREATE MACRO double_kind(c) AS ['case', 'dots', 'typo', 'second_mail'][1 + u(c, 'double kind') % 4];
CREATE MACRO kind_of(person) AS CASE WHEN person % 2 = 1 THEN double_kind(person // 2) ELSE 'first' END;
CREATE MACRO city_of(c) AS getvariable('city_picks')[1 + u(c, 'city') % len(getvariable('city_picks'))];
CREATE MACRO customer_id(person) AS 7211004000000 + person * 1637;
CREATE MACRO given(person) AS
    getvariable('first_names')[1 + u(person // 2, 'first name') % len(getvariable('first_names'))];
CREATE MACRO family(person) AS
    getvariable('last_names')[1 + u(person // 2, 'last name') % len(getvariable('last_names'))];
CREATE MACRO first_name(person) AS CASE kind_of(person) WHEN 'case' THEN upper(given(person)) ELSE given(person) END;
CREATE MACRO last_name(person) AS CASE kind_of(person)
    WHEN 'case' THEN upper(family(person))
    WHEN 'typo' THEN left(family(person), len(family(person)) - 2) || right(family(person), 1)
    ELSE family(person) END;
CREATE MACRO ascii_name(text) AS lower(regexp_replace(strip_accents(text), '[^A-Za-z]', '', 'g'));
CREATE MACRO mail_domain(person, name) AS
    getvariable('mail_domains')[1 + u(person // 2, name) % len(getvariable('mail_domains'))];
CREATE MACRO email_of(person) AS CASE kind_of(person)
    WHEN 'case' THEN given(person) || '.' || upper(ascii_name(family(person))) || (person // 2 + 11)
    WHEN 'dots' THEN ascii_name(given(person)) || ascii_name(family(person)) || (person // 2 + 11)
    WHEN 'typo' THEN ascii_name(given(person)) || '.' || ascii_name(last_name(person)) || (person // 2 + 11)
    WHEN 'second_mail' THEN
        left(ascii_name(given(person)), 1) || ascii_name(family(person)) || '.' || (person // 2 + 11)
    ELSE ascii_name(given(person)) || '.' || ascii_name(family(person)) || (person // 2 + 11) END
    || '@' || CASE WHEN kind_of(person) = 'second_mail' THEN 'lavoro.example' ELSE mail_domain(person, 'domain') END;
CREATE MACRO phone_of(c) AS '+39 06 555 ' || lpad((c + 10000)::VARCHAR, 7, '0');
