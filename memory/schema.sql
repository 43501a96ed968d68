-- Written by 'python -m memory.migrate'; change the models and add a migration instead.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE workspaces (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	CONSTRAINT pk_workspaces PRIMARY KEY (id)
);
CREATE TABLE counters (
	workspace VARCHAR NOT NULL, 
	series VARCHAR NOT NULL, 
	value INTEGER NOT NULL, 
	CONSTRAINT pk_counters PRIMARY KEY (workspace, series), 
	CONSTRAINT fk_counters_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE principals (
	workspace VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	rights VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	CONSTRAINT pk_principals PRIMARY KEY (workspace, name), 
	CONSTRAINT ck_principals_kind CHECK (kind IN ('person', 'service')), 
	CONSTRAINT fk_principals_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE connections (
	workspace VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	connector VARCHAR NOT NULL, 
	config VARCHAR NOT NULL, 
	secret VARCHAR, 
	created_by VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	CONSTRAINT pk_connections PRIMARY KEY (workspace, name), 
	CONSTRAINT fk_connections_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE spec_versions (
	workspace VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	pipeline VARCHAR NOT NULL, 
	spec VARCHAR NOT NULL, 
	created_by VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, thread VARCHAR, 
	CONSTRAINT pk_spec_versions PRIMARY KEY (workspace, digest), 
	CONSTRAINT fk_spec_versions_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE INDEX ix_spec_versions_workspace_pipeline_created_at ON spec_versions (workspace, pipeline, created_at);
CREATE TABLE approvals (
	workspace VARCHAR NOT NULL, 
	id INTEGER NOT NULL, 
	spec_digest VARCHAR NOT NULL, 
	approved_by VARCHAR NOT NULL, 
	approved_at VARCHAR NOT NULL, 
	entered_by VARCHAR NOT NULL, withdrawn_by VARCHAR, withdrawn_at VARCHAR, 
	CONSTRAINT pk_approvals PRIMARY KEY (workspace, id)
);
CREATE INDEX ix_approvals_workspace_spec_digest ON approvals (workspace, spec_digest);
CREATE TABLE threads (
	workspace VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	want VARCHAR NOT NULL, 
	request VARCHAR NOT NULL, 
	data VARCHAR NOT NULL, 
	answers VARCHAR NOT NULL, 
	question VARCHAR, 
	history VARCHAR NOT NULL, 
	created_by VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	updated_at VARCHAR NOT NULL, title VARCHAR, surface VARCHAR, 
	CONSTRAINT pk_threads PRIMARY KEY (workspace, id), 
	CONSTRAINT ck_threads_want CHECK (want IN ('answer', 'pipeline')), 
	CONSTRAINT fk_threads_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE runs (
	workspace VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	pipeline VARCHAR NOT NULL, 
	spec_digest VARCHAR NOT NULL, 
	spec VARCHAR NOT NULL, 
	base VARCHAR NOT NULL, 
	parameters VARCHAR NOT NULL, 
	rebound VARCHAR NOT NULL, 
	out VARCHAR NOT NULL, 
	now VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	started VARCHAR NOT NULL, 
	finished VARCHAR, 
	result VARCHAR, 
	cancel_requested_by VARCHAR, 
	cancel_requested_at VARCHAR, 
	CONSTRAINT pk_runs PRIMARY KEY (workspace, run_id), 
	CONSTRAINT ck_runs_status CHECK (status IN ('running', 'succeeded', 'blocked', 'failed', 'cancelled')), 
	CONSTRAINT fk_runs_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE INDEX ix_runs_workspace_pipeline_status ON runs (workspace, pipeline, status);
CREATE TABLE run_events (
	workspace VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	seq INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	event VARCHAR NOT NULL, 
	CONSTRAINT pk_run_events PRIMARY KEY (workspace, run_id, seq)
);
CREATE TABLE leases (
	workspace VARCHAR NOT NULL, 
	pipeline VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	expires VARCHAR NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (workspace, pipeline), 
	CONSTRAINT fk_leases_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE pipeline_state (
	workspace VARCHAR NOT NULL, 
	pipeline VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	CONSTRAINT pk_pipeline_state PRIMARY KEY (workspace, pipeline), 
	CONSTRAINT fk_pipeline_state_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE definitions (
	workspace VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	text VARCHAR NOT NULL, 
	expression VARCHAR, 
	author VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	CONSTRAINT pk_definitions PRIMARY KEY (workspace, name, version), 
	CONSTRAINT fk_definitions_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE schedules (
	workspace VARCHAR NOT NULL, 
	pipeline VARCHAR NOT NULL, 
	spec_digest VARCHAR NOT NULL, 
	base VARCHAR NOT NULL, 
	out VARCHAR NOT NULL, 
	paused INTEGER NOT NULL, 
	next_at VARCHAR, 
	created_by VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, spec_file VARCHAR, thread VARCHAR, paused_for VARCHAR, 
	CONSTRAINT pk_schedules PRIMARY KEY (workspace, pipeline), 
	CONSTRAINT fk_schedules_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE audit_trail (
	workspace VARCHAR NOT NULL, 
	seq INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	principal VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	detail VARCHAR NOT NULL, 
	previous VARCHAR NOT NULL, 
	hash VARCHAR NOT NULL, 
	CONSTRAINT pk_audit_trail PRIMARY KEY (workspace, seq), 
	CONSTRAINT uq_audit_trail_workspace_hash UNIQUE (workspace, hash)
);
CREATE TRIGGER audit_trail_no_update BEFORE update ON audit_trail BEGIN
 SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE TRIGGER audit_trail_no_delete BEFORE delete ON audit_trail BEGIN
 SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE TABLE due_runs (
	workspace VARCHAR NOT NULL, 
	pipeline VARCHAR NOT NULL, 
	due_at VARCHAR NOT NULL, 
	spec_digest VARCHAR NOT NULL, 
	covers INTEGER NOT NULL, 
	status VARCHAR NOT NULL, 
	attempt INTEGER NOT NULL, 
	not_before VARCHAR NOT NULL, 
	claimed_by VARCHAR, 
	claimed_until VARCHAR, 
	fence INTEGER NOT NULL, 
	run_id VARCHAR, 
	message VARCHAR, 
	finished_at VARCHAR, 
	CONSTRAINT pk_due_runs PRIMARY KEY (workspace, pipeline, due_at), 
	CONSTRAINT ck_due_runs_status CHECK (status IN ('waiting', 'running', 'succeeded', 'blocked', 'failed', 'cancelled', 'held', 'missed')), 
	CONSTRAINT fk_due_runs_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE INDEX ix_due_runs_workspace_status_not_before ON due_runs (workspace, status, not_before);
CREATE TABLE notices (
	workspace VARCHAR NOT NULL, 
	id INTEGER NOT NULL, 
	thread VARCHAR, 
	pipeline VARCHAR NOT NULL, 
	run_id VARCHAR, 
	kind VARCHAR NOT NULL, 
	text VARCHAR NOT NULL, 
	hint VARCHAR NOT NULL, 
	cause VARCHAR NOT NULL, 
	times INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	delivered_at VARCHAR, 
	delivered_by VARCHAR, shown_by VARCHAR, shown_until VARCHAR, replies VARCHAR, 
	CONSTRAINT pk_notices PRIMARY KEY (workspace, id), 
	CONSTRAINT ck_notices_kind CHECK (kind IN ('failed', 'held_back', 'not_run', 'recovered')), 
	CONSTRAINT fk_notices_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE INDEX ix_notices_workspace_thread_delivered_at ON notices (workspace, thread, delivered_at);
CREATE INDEX ix_notices_workspace_pipeline_id ON notices (workspace, pipeline, id);
CREATE TABLE preferences (
	workspace VARCHAR NOT NULL, 
	principal VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	CONSTRAINT pk_preferences PRIMARY KEY (workspace, principal, name), 
	CONSTRAINT fk_preferences_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE turns (
	workspace VARCHAR NOT NULL, 
	thread VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	said_by VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	began VARCHAR NOT NULL, 
	until VARCHAR NOT NULL, 
	ended VARCHAR, 
	pipeline VARCHAR, 
	CONSTRAINT pk_turns PRIMARY KEY (workspace, thread, number), 
	CONSTRAINT ck_turns_status CHECK (status IN ('waiting', 'running', 'done', 'cancelled', 'failed')), 
	CONSTRAINT fk_turns_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE messages (
	workspace VARCHAR NOT NULL, 
	thread VARCHAR NOT NULL, 
	seq INTEGER NOT NULL, 
	turn INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	author VARCHAR NOT NULL, 
	body VARCHAR NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY (workspace, thread, seq), 
	CONSTRAINT fk_messages_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE thread_plans (
	workspace VARCHAR NOT NULL, 
	thread VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	pipeline VARCHAR NOT NULL, 
	spec_digest VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	CONSTRAINT pk_thread_plans PRIMARY KEY (workspace, thread, number), 
	CONSTRAINT ck_thread_plans_status CHECK (status IN ('proposed', 'approved', 'rejected', 'replaced')), 
	CONSTRAINT fk_thread_plans_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE INDEX ix_thread_plans_workspace_pipeline ON thread_plans (workspace, pipeline);
CREATE TABLE usage (
	workspace VARCHAR NOT NULL, 
	seq INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	principal VARCHAR NOT NULL, 
	thread VARCHAR, 
	task VARCHAR NOT NULL, 
	provider VARCHAR NOT NULL, 
	model VARCHAR NOT NULL, 
	input_tokens INTEGER NOT NULL, 
	output_tokens INTEGER NOT NULL, 
	cost VARCHAR, 
	CONSTRAINT pk_usage PRIMARY KEY (workspace, seq), 
	CONSTRAINT fk_usage_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE INDEX ix_usage_workspace_at ON usage (workspace, at);
CREATE TABLE budgets (
	workspace VARCHAR NOT NULL, 
	tokens INTEGER, 
	money VARCHAR, 
	set_by VARCHAR NOT NULL, 
	set_at VARCHAR NOT NULL, 
	CONSTRAINT pk_budgets PRIMARY KEY (workspace), 
	CONSTRAINT fk_budgets_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE logins (
	workspace VARCHAR NOT NULL, 
	principal VARCHAR NOT NULL, 
	password VARCHAR NOT NULL, 
	changed_at VARCHAR NOT NULL, 
	failures INTEGER NOT NULL, 
	locked_until VARCHAR, 
	CONSTRAINT pk_logins PRIMARY KEY (workspace, principal), 
	CONSTRAINT fk_logins_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE TABLE slack_threads (
	workspace VARCHAR NOT NULL, 
	thread VARCHAR NOT NULL, 
	channel VARCHAR NOT NULL, 
	ts VARCHAR, 
	at VARCHAR NOT NULL, 
	CONSTRAINT pk_slack_threads PRIMARY KEY (workspace, thread), 
	CONSTRAINT fk_slack_threads_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id), 
	CONSTRAINT uq_slack_threads_workspace_channel_ts UNIQUE (workspace, channel, ts)
);
CREATE TABLE slack_inbox (
	workspace VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	thread VARCHAR NOT NULL, 
	body VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	after_seq INTEGER, 
	attempts INTEGER NOT NULL, 
	CONSTRAINT pk_slack_inbox PRIMARY KEY (workspace, id), 
	CONSTRAINT ck_slack_inbox_status CHECK (status IN ('new', 'begun', 'done', 'failed')), 
	CONSTRAINT fk_slack_inbox_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id), 
	CONSTRAINT uq_slack_inbox_workspace_number UNIQUE (workspace, number)
);
CREATE INDEX ix_slack_inbox_workspace_status ON slack_inbox (workspace, status);
CREATE TABLE slack_outbox (
	workspace VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	thread VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	body VARCHAR NOT NULL, 
	target VARCHAR, 
	waits VARCHAR, 
	status VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	channel VARCHAR, 
	ts VARCHAR, 
	file VARCHAR, 
	error VARCHAR, 
	CONSTRAINT pk_slack_outbox PRIMARY KEY (workspace, "key"), 
	CONSTRAINT ck_slack_outbox_kind CHECK (kind IN ('root', 'post', 'ephemeral', 'file', 'update')), 
	CONSTRAINT ck_slack_outbox_status CHECK (status IN ('queued', 'sending', 'sent', 'failed')), 
	CONSTRAINT fk_slack_outbox_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id), 
	CONSTRAINT uq_slack_outbox_workspace_number UNIQUE (workspace, number)
);
CREATE INDEX ix_slack_outbox_workspace_thread_status ON slack_outbox (workspace, thread, status);
CREATE TABLE http_answers (
	workspace VARCHAR NOT NULL, 
	principal VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	request VARCHAR NOT NULL, 
	thread VARCHAR, 
	after_seq INTEGER NOT NULL, 
	owner VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	until VARCHAR NOT NULL, 
	status INTEGER, 
	media_type VARCHAR, 
	body VARCHAR, 
	CONSTRAINT pk_http_answers PRIMARY KEY (workspace, principal, "key"), 
	CONSTRAINT fk_http_answers_workspace FOREIGN KEY(workspace) REFERENCES workspaces (id)
);
CREATE INDEX ix_http_answers_workspace_until ON http_answers (workspace, until);
INSERT INTO alembic_version (version_num) VALUES ('0010');
