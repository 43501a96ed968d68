CREATE TABLE boats (boat_id INTEGER, boat_code VARCHAR, name VARCHAR, kind VARCHAR, berths INTEGER, daily_rate DECIMAL(8,2), built_year INTEGER, retired_on DATE);
CREATE TABLE employees (employee_id INTEGER, full_name VARCHAR, position VARCHAR, started_on DATE, hourly_wage DECIMAL(6,2));
CREATE TABLE clients (client_id INTEGER, first_name VARCHAR, last_name VARCHAR, email VARCHAR, town VARCHAR, loyalty_card_since DATE);
CREATE TABLE hires (hire_id INTEGER, boat_id INTEGER, client_id INTEGER, skipper_id INTEGER, cleaner_id INTEGER, booked_on DATE, starts_on DATE, ends_on DATE, crew_size INTEGER, total_charge DECIMAL(10,2), voucher_code VARCHAR, state VARCHAR);
CREATE TABLE extras (extra_id INTEGER, label VARCHAR, unit_price DECIMAL(8,2), stock_units INTEGER);
CREATE TABLE hire_extras (hire_id INTEGER, extra_id INTEGER, units_taken INTEGER);
