CREATE TABLE public.core_captures (
    capture_id character varying(64) NOT NULL,
    name character varying(200) NOT NULL,
    domain character varying(200),
    partition_key jsonb NOT NULL,
    revision integer NOT NULL,
    content_hash character varying(64) NOT NULL,
    schema json NOT NULL,
    row_count bigint NOT NULL,
    byte_count bigint NOT NULL,
    location text NOT NULL,
    run_id character varying(64),
    step_name character varying(200),
    attempt integer,
    captured_at timestamp with time zone NOT NULL,
    metadata json NOT NULL
);

CREATE VIEW public.captures AS
 SELECT capture_id,
    name,
    domain,
    partition_key,
    revision,
    content_hash,
    schema,
    row_count,
    byte_count,
    location,
    run_id,
    step_name,
    attempt,
    captured_at,
    metadata
   FROM public.core_captures current
  WHERE (revision = ( SELECT max(other.revision) AS max
           FROM public.core_captures other
          WHERE (((other.name)::text = (current.name)::text) AND (other.partition_key = current.partition_key))));

CREATE TABLE public.core_alert_channels (
    name character varying(200) NOT NULL,
    channel_type character varying(64) NOT NULL,
    config json NOT NULL,
    min_severity character varying(16) NOT NULL,
    domains json NOT NULL,
    enabled boolean NOT NULL,
    throttle_minutes integer NOT NULL,
    last_success_at timestamp with time zone,
    last_failure_at timestamp with time zone,
    consecutive_failures integer NOT NULL,
    fallback character varying(200)
);

CREATE TABLE public.core_alert_deliveries (
    id character varying(64) NOT NULL,
    alert_id character varying(64) NOT NULL,
    channel_name character varying(200) NOT NULL,
    status character varying(16) NOT NULL,
    attempt integer NOT NULL,
    attempted_at timestamp with time zone,
    delivered_at timestamp with time zone,
    response text,
    error text,
    next_retry_at timestamp with time zone,
    kind character varying(16) DEFAULT 'FIRING'::character varying NOT NULL,
    suppressed_count integer DEFAULT 0 NOT NULL,
    fallback_for character varying(200),
    claimed_by character varying(200),
    claimed_until timestamp with time zone
);

CREATE TABLE public.core_alert_incidents (
    id character varying(64) NOT NULL,
    fingerprint text NOT NULL,
    alert_id character varying(64) NOT NULL,
    alert_count integer NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    acknowledged_at timestamp with time zone,
    resolved_at timestamp with time zone
);

CREATE TABLE public.core_alert_silences (
    id character varying(64) NOT NULL,
    match json NOT NULL,
    comment text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL
);

CREATE TABLE public.core_alert_throttle (
    fingerprint text NOT NULL,
    channel_name character varying(200) NOT NULL,
    last_sent_at timestamp with time zone NOT NULL,
    send_count integer NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.core_alerts (
    id character varying(64) NOT NULL,
    severity character varying(16) NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    source text NOT NULL,
    domain text,
    run_id character varying(64),
    execution_id character varying(64),
    error_category character varying(64),
    metadata json NOT NULL,
    fingerprint text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    error text,
    incident_id character varying(64),
    at_run_end boolean DEFAULT false NOT NULL,
    resolved_at timestamp with time zone
);

CREATE TABLE public.core_database_connections (
    name character varying(200) NOT NULL,
    dialect character varying(32) NOT NULL,
    host text,
    port integer,
    database text,
    username character varying(200),
    password_ref text,
    last_connected_at timestamp with time zone,
    last_error text
);

CREATE TABLE public.core_executions (
    id character varying(64) NOT NULL,
    pipeline character varying(200) NOT NULL,
    params json NOT NULL,
    lane character varying(16) NOT NULL,
    trigger_source character varying(32) NOT NULL,
    logical_key character varying(200),
    status character varying(16) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    error text,
    run_id character varying(64),
    step_id character varying(64)
);

CREATE TABLE public.core_rejects (
    id character varying(64) NOT NULL,
    source_name character varying(200) NOT NULL,
    run_id character varying(64),
    location text,
    line_number bigint,
    raw text NOT NULL,
    reason text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.core_run_limits (
    name character varying(200) NOT NULL,
    run_id character varying(64) NOT NULL
);

CREATE TABLE public.core_run_logs (
    id bigint NOT NULL,
    run_id character varying(64) NOT NULL,
    step_name character varying(200),
    attempt integer,
    "timestamp" timestamp with time zone NOT NULL,
    level character varying(16) NOT NULL,
    logger text NOT NULL,
    message text NOT NULL
);

CREATE SEQUENCE public.core_run_logs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.core_run_logs_id_seq OWNED BY public.core_run_logs.id;

CREATE TABLE public.core_schedule_runs (
    id character varying(64) NOT NULL,
    schedule_id character varying(64) NOT NULL,
    schedule_name character varying(200) NOT NULL,
    scheduled_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    status character varying(16) NOT NULL,
    run_id character varying(64),
    error text,
    skip_reason text
);

CREATE TABLE public.core_schedules (
    id character varying(64) NOT NULL,
    name character varying(200) NOT NULL,
    target_type character varying(16) NOT NULL,
    target_name character varying(200) NOT NULL,
    params json NOT NULL,
    schedule_type character varying(16) NOT NULL,
    cron_expression character varying(200),
    interval_seconds double precision,
    run_at timestamp with time zone,
    timezone character varying(64) NOT NULL,
    enabled boolean NOT NULL,
    max_instances integer NOT NULL,
    misfire_grace_seconds double precision,
    last_run_at timestamp with time zone,
    next_run_at timestamp with time zone,
    last_run_status character varying(16),
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    definition json DEFAULT '{}'::json NOT NULL,
    declared boolean DEFAULT false NOT NULL,
    paused_at timestamp with time zone,
    last_tick_at timestamp with time zone
);

CREATE TABLE public.core_schema_version (
    version_num character varying(32) NOT NULL
);

CREATE TABLE public.core_source_cache (
    cache_key character varying(64) NOT NULL,
    source_name character varying(200) NOT NULL,
    source_locator text,
    content_hash character varying(64),
    etag text,
    last_modified text,
    fetched_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone
);

CREATE TABLE public.core_source_fetches (
    id character varying(64) NOT NULL,
    source_name character varying(200) NOT NULL,
    source_type character varying(64) NOT NULL,
    source_locator text,
    status character varying(16) NOT NULL,
    record_count bigint,
    byte_count bigint,
    content_hash character varying(64),
    etag text,
    last_modified text,
    started_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    duration_ms bigint,
    error text,
    error_category text,
    retry_count integer NOT NULL,
    run_id character varying(64)
);

CREATE TABLE public.core_source_state (
    source_name character varying(200) NOT NULL,
    value json NOT NULL,
    run_id character varying(64),
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.core_sources (
    id character varying(64) NOT NULL,
    name character varying(200) NOT NULL,
    source_type character varying(64) NOT NULL,
    config json NOT NULL,
    domain character varying(200),
    enabled boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.core_workflow_definitions (
    definition_hash character varying(64) NOT NULL,
    definition json NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.core_workflow_events (
    id bigint NOT NULL,
    run_id character varying(64) NOT NULL,
    step_id character varying(64),
    event_type character varying(64) NOT NULL,
    "timestamp" timestamp with time zone NOT NULL,
    payload json NOT NULL
);

CREATE SEQUENCE public.core_workflow_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.core_workflow_events_id_seq OWNED BY public.core_workflow_events.id;

CREATE TABLE public.core_workflow_items (
    run_id character varying(64) NOT NULL,
    step_name character varying(200) NOT NULL,
    first_attempt integer NOT NULL,
    item_index integer NOT NULL,
    attempt integer NOT NULL,
    status character varying(16) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone NOT NULL,
    output json,
    error text,
    error_category text,
    error_retryable boolean
);

CREATE TABLE public.core_workflow_runs (
    run_id character varying(64) NOT NULL,
    workflow_name character varying(200) NOT NULL,
    workflow_version integer NOT NULL,
    domain character varying(200) NOT NULL,
    partition_key jsonb NOT NULL,
    status character varying(16) NOT NULL,
    outcome character varying(32),
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    duration_ms bigint,
    params json NOT NULL,
    outputs json NOT NULL,
    error text,
    error_step character varying(200),
    error_category text,
    error_retryable boolean,
    total_steps integer NOT NULL,
    completed_steps integer NOT NULL,
    failed_steps integer NOT NULL,
    skipped_steps integer NOT NULL,
    triggered_by character varying(32) NOT NULL,
    parent_run_id character varying(64),
    schedule_id character varying(64),
    idempotency_key character varying(200),
    definition_hash character varying(64) NOT NULL,
    lease_owner character varying(200),
    lease_expires_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    fence integer DEFAULT 0 NOT NULL,
    wake_at timestamp with time zone,
    cancel_requested_at timestamp with time zone,
    execution json DEFAULT '{}'::json NOT NULL
);

CREATE TABLE public.core_workflow_steps (
    step_id character varying(64) NOT NULL,
    run_id character varying(64) NOT NULL,
    step_name character varying(200) NOT NULL,
    step_type character varying(64) NOT NULL,
    step_order integer NOT NULL,
    attempt integer NOT NULL,
    max_attempts integer NOT NULL,
    status character varying(16) NOT NULL,
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    duration_ms bigint,
    params json NOT NULL,
    outputs json NOT NULL,
    error text,
    error_category text,
    row_count bigint,
    metrics json NOT NULL,
    first_attempt integer DEFAULT 1 NOT NULL,
    sequence integer DEFAULT 0 NOT NULL,
    transition json DEFAULT '{}'::json NOT NULL
);

ALTER TABLE ONLY public.core_run_logs ALTER COLUMN id SET DEFAULT nextval('public.core_run_logs_id_seq'::regclass);

ALTER TABLE ONLY public.core_workflow_events ALTER COLUMN id SET DEFAULT nextval('public.core_workflow_events_id_seq'::regclass);

INSERT INTO public.core_alert_channels VALUES ('console', 'console', '{"sources": null, "labels": null, "deadline_seconds": 10.0, "base_url": null, "color": true, "stream": "stderr"}', 'WARNING', '[]', true, 5, '2026-11-28 13:44:19.531763+00', NULL, 0, NULL);
INSERT INTO public.core_alert_channels VALUES ('hook', 'webhook', '{"url": "********", "sources": null, "labels": null, "deadline_seconds": 10.0, "base_url": null, "headers": null}', 'ERROR', '[]', true, 5, NULL, '2026-11-28 13:44:19.693888+00', 4, NULL);

INSERT INTO public.core_alert_deliveries VALUES ('01a22266-070f-7f42-91a2-e715b27192ba', '01a22266-06f8-7150-8a29-e3e8f8e31acd', 'console', 'SENT', 1, '2026-11-28 13:44:01.569281+00', '2026-11-28 13:44:01.581762+00', NULL, NULL, NULL, 'FIRING', 0, NULL, NULL, NULL);
INSERT INTO public.core_alert_deliveries VALUES ('01a22266-41c8-7192-8860-1bfe9ec5c9e5', '01a22266-41a2-7daf-a613-01e385932b3d', 'console', 'SENT', 1, '2026-11-28 13:44:16.610555+00', '2026-11-28 13:44:16.628069+00', NULL, NULL, NULL, 'FIRING', 0, NULL, NULL, NULL);
INSERT INTO public.core_alert_deliveries VALUES ('01a22266-0713-7753-bd76-af65e630d026', '01a22266-06f8-7150-8a29-e3e8f8e31acd', 'hook', 'PENDING', 2, '2026-11-28 13:44:16.622231+00', NULL, NULL, 'the webhook service of alert channel ''hook'' cannot be reached: [Errno 111] Connection refused', '2026-11-28 13:44:26.836048+00', 'FIRING', 0, NULL, NULL, NULL);
INSERT INTO public.core_alert_deliveries VALUES ('01a22266-41cd-7df6-bc24-7be5ca3f2a28', '01a22266-41a2-7daf-a613-01e385932b3d', 'hook', 'PENDING', 1, '2026-11-28 13:44:16.84534+00', NULL, NULL, 'the webhook service of alert channel ''hook'' cannot be reached: [Errno 111] Connection refused', '2026-11-28 13:44:21.89999+00', 'FIRING', 0, NULL, NULL, NULL);
INSERT INTO public.core_alert_deliveries VALUES ('01a22266-483a-7581-9339-c753d630def8', '01a22266-41a2-7daf-a613-01e385932b3d', 'console', 'SENT', 1, '2026-11-28 13:44:18.248914+00', '2026-11-28 13:44:18.260149+00', NULL, NULL, NULL, 'RESOLVED', 0, NULL, NULL, NULL);
INSERT INTO public.core_alert_deliveries VALUES ('01a22266-4d30-738e-b6d4-b0d4b01307b8', '01a22266-4d15-7e1f-92ea-a39328d0e4fd', 'console', 'SENT', 1, '2026-11-28 13:44:19.520418+00', '2026-11-28 13:44:19.531763+00', NULL, NULL, NULL, 'FIRING', 0, NULL, NULL, NULL);
INSERT INTO public.core_alert_deliveries VALUES ('01a22266-4d33-7a4e-a2b4-29eb43a1aef1', '01a22266-4d15-7e1f-92ea-a39328d0e4fd', 'hook', 'PENDING', 1, '2026-11-28 13:44:19.527357+00', NULL, NULL, 'the webhook service of alert channel ''hook'' cannot be reached: [Errno 111] Connection refused', '2026-11-28 13:44:24.693888+00', 'FIRING', 0, NULL, NULL, NULL);

INSERT INTO public.core_alert_incidents VALUES ('01a22266-0706-7934-8b35-054be1eed0b4', 'ERROR|crashed|crashed crashed', '01a22266-06f8-7150-8a29-e3e8f8e31acd', 1, '2026-11-28 13:44:01.539553+00', NULL, NULL);
INSERT INTO public.core_alert_incidents VALUES ('01a22266-41b8-7173-aea7-87cb26730e90', 'ERROR|recovered|recovered failed', '01a22266-41a2-7daf-a613-01e385932b3d', 1, '2026-11-28 13:44:16.56245+00', NULL, '2026-11-28 13:44:18.21285+00');
INSERT INTO public.core_alert_incidents VALUES ('01a22266-4d25-79cb-96d5-d38e79c9bc4c', 'ERROR|broken|broken failed|fixture.broken', '01a22266-4d15-7e1f-92ea-a39328d0e4fd', 1, '2026-11-28 13:44:19.490164+00', NULL, NULL);

INSERT INTO public.core_alert_silences VALUES ('01a22266-393b-71bd-9204-12f24dcd05a5', '{"source": "nobody.*"}', 'none', '2026-11-28 13:44:15.228801+00', '2036-01-01 00:00:00+00');

INSERT INTO public.core_alert_throttle VALUES ('ERROR|crashed|crashed crashed', 'console', '2026-11-28 13:44:01.539553+00', 1, '2026-11-28 13:49:01.539553+00');
INSERT INTO public.core_alert_throttle VALUES ('ERROR|crashed|crashed crashed', 'hook', '2026-11-28 13:44:01.539553+00', 1, '2026-11-28 13:49:01.539553+00');
INSERT INTO public.core_alert_throttle VALUES ('ERROR|recovered|recovered failed', 'console', '2026-11-28 13:44:16.56245+00', 1, '2026-11-28 13:49:16.56245+00');
INSERT INTO public.core_alert_throttle VALUES ('ERROR|recovered|recovered failed', 'hook', '2026-11-28 13:44:16.56245+00', 1, '2026-11-28 13:49:16.56245+00');
INSERT INTO public.core_alert_throttle VALUES ('ERROR|broken|broken failed|fixture.broken', 'console', '2026-11-28 13:44:19.490164+00', 1, '2026-11-28 13:49:19.490164+00');
INSERT INTO public.core_alert_throttle VALUES ('ERROR|broken|broken failed|fixture.broken', 'hook', '2026-11-28 13:44:19.490164+00', 1, '2026-11-28 13:49:19.490164+00');

INSERT INTO public.core_alerts VALUES ('01a22266-06f8-7150-8a29-e3e8f8e31acd', 'ERROR', 'crashed crashed', 'Step ''second'' failed: the process that ran it died', 'crashed', NULL, '01a22266-0312-7160-a1c5-b73d21c150f4', NULL, 'ORCHESTRATION', '{"step": "second", "error_category": "ORCHESTRATION", "retryable": false, "look_closer": "spine runs show 01a22266-0312-7160-a1c5-b73d21c150f4"}', 'ERROR|crashed|crashed crashed', '2026-11-28 13:44:01.528063+00', NULL, '01a22266-0706-7934-8b35-054be1eed0b4', true, NULL);
INSERT INTO public.core_alerts VALUES ('01a22266-41a2-7daf-a613-01e385932b3d', 'ERROR', 'recovered failed', 'Step ''read'' failed: line 3 of week 2026-W01 has 4 fields, not 5', 'recovered', NULL, '01a22266-416b-7613-bd6f-0619c10ed645', NULL, 'PARSE', '{"step": "read", "error_category": "PARSE", "retryable": false, "look_closer": "spine runs show 01a22266-416b-7613-bd6f-0619c10ed645"}', 'ERROR|recovered|recovered failed', '2026-11-28 13:44:16.546828+00', NULL, '01a22266-41b8-7173-aea7-87cb26730e90', true, '2026-11-28 13:44:18.21285+00');
INSERT INTO public.core_alerts VALUES ('01a22266-4d15-7e1f-92ea-a39328d0e4fd', 'ERROR', 'broken failed', 'Step ''read'' failed: line 3 of week 2026-W01 has 4 fields, not 5', 'broken', 'fixture.broken', '01a22266-4cf2-7270-8177-c99ce16cfa55', NULL, 'PARSE', '{"step": "read", "error_category": "PARSE", "retryable": false, "look_closer": "spine runs show 01a22266-4cf2-7270-8177-c99ce16cfa55"}', 'ERROR|broken|broken failed|fixture.broken', '2026-11-28 13:44:19.477861+00', NULL, '01a22266-4d25-79cb-96d5-d38e79c9bc4c', true, NULL);

INSERT INTO public.core_captures VALUES ('01a22265-c73d-702d-8ea4-78ee02b9eaf8', 'kept.slow', NULL, '{}', 1, '04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8', '[["number", "int64"]]', 2, 540, 'kept.slow/04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8.parquet', '01a22265-c672-70e3-985a-08a6a4242c42', 'first', 1, '2026-11-28 13:43:45.222217+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22265-c73d-7df8-b37d-2005f578b87b', 'rows', 'fixture.weekly', '{"week": "2026-W04"}', 1, '74f3f61d1cac7ee59ed687473bb50b55e088b5b21aae72667df0e1b9fee9dac3', '[["symbol", "string"], ["shares", "int64"]]', 3, 811, 'rows/74f3f61d1cac7ee59ed687473bb50b55e088b5b21aae72667df0e1b9fee9dac3.parquet', '01a22265-c671-75d1-9904-ff616a33e3fe', 'load', 1, '2026-11-28 13:43:45.22629+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22265-e1bf-76ee-a495-a11a53cfd66c', 'rows', 'fixture.weekly', '{"week": "2026-W02"}', 1, '74f3f61d1cac7ee59ed687473bb50b55e088b5b21aae72667df0e1b9fee9dac3', '[["symbol", "string"], ["shares", "int64"]]', 3, 811, 'rows/74f3f61d1cac7ee59ed687473bb50b55e088b5b21aae72667df0e1b9fee9dac3.parquet', '01a22265-e100-7869-8081-80476151ec18', 'load', 1, '2026-11-28 13:43:52.006128+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22265-e6b4-709d-9515-6288e9c27503', 'rows', 'fixture.weekly', '{"week": "2026-W01"}', 1, '74f3f61d1cac7ee59ed687473bb50b55e088b5b21aae72667df0e1b9fee9dac3', '[["symbol", "string"], ["shares", "int64"]]', 3, 811, 'rows/74f3f61d1cac7ee59ed687473bb50b55e088b5b21aae72667df0e1b9fee9dac3.parquet', '01a22265-e633-7db3-885c-a7802f6a6d3b', 'load', 1, '2026-11-28 13:43:53.2761+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22265-eb7d-77e0-8373-fa0a5d730192', 'rows', 'fixture.weekly', '{"week": "2026-W01"}', 2, 'ded39c16aa005aac894130f0d1a9e59e64aa33d1f314f9bab57c3819174b62ed', '[["symbol", "string"], ["shares", "int64"]]', 3, 812, 'rows/ded39c16aa005aac894130f0d1a9e59e64aa33d1f314f9bab57c3819174b62ed.parquet', '01a22265-eb0b-75fe-afbb-f5485a793ea4', 'load', 1, '2026-11-28 13:43:54.49983+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22265-f0bd-70ee-99d2-f40de08588ff', 'numbers', NULL, '{}', 1, '19d876da1de64f12300b6762396ac000f46e86338cd8b9732e0540f269170eb4', '[["id", "int64"], ["word", "string"]]', 2, 781, 'numbers/19d876da1de64f12300b6762396ac000f46e86338cd8b9732e0540f269170eb4.parquet', '01a22265-eff3-74a0-8b23-2d6823770d91', 'fetch', 1, '2026-11-28 13:43:55.845344+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22266-03ab-709c-be84-9bd0cf6233cd', 'kept.crashed', NULL, '{}', 1, '04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8', '[["number", "int64"]]', 2, 540, 'kept.crashed/04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8.parquet', '01a22266-0312-7160-a1c5-b73d21c150f4', 'first', 1, '2026-11-28 13:44:00.691303+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22266-0dd0-7838-b3bc-c13cd9729d57', 'kept.cancelled', NULL, '{}', 1, '04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8', '[["number", "int64"]]', 2, 540, 'kept.cancelled/04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8.parquet', '01a22266-0d1c-7856-b9e2-8f0496ef231c', 'first', 1, '2026-11-28 13:44:03.291573+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22266-16fe-7c53-bc81-bff003d99d2a', 'kept.patient', NULL, '{}', 1, '04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8', '[["number", "int64"]]', 2, 540, 'kept.patient/04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8.parquet', '01a22266-1675-716c-963b-6e3ef2c5811b', 'first', 1, '2026-11-28 13:44:05.641582+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22266-1758-789e-97b5-d4a68f0df7ab', 'kept.child', NULL, '{}', 1, '04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8', '[["number", "int64"]]', 2, 540, 'kept.child/04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8.parquet', '01a22266-1742-71a3-af9a-b24b332fd7af', 'first', 1, '2026-11-28 13:44:05.724663+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22266-1797-74d4-b27b-d63b11acdd9f', 'kept.due_child', NULL, '{}', 1, '04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8', '[["number", "int64"]]', 2, 540, 'kept.due_child/04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8.parquet', '01a22266-1783-74c5-9d6f-f98e11eb6f58', 'first', 1, '2026-11-28 13:44:05.787894+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22266-1d77-7cf6-9bb0-c60c97630dc4', 'kept.interrupted', NULL, '{}', 1, '04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8', '[["number", "int64"]]', 2, 540, 'kept.interrupted/04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8.parquet', '01a22266-1cd4-7705-bd86-3ae1fc3f2c2c', 'first', 1, '2026-11-28 13:44:07.293947+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22266-2181-7f9f-acaa-13fc17518e74', 'part', NULL, '{"item": "10"}', 1, '8565d81bd762b0f90c16a83b552e2d7be7f835537243b1649de86b4b28602b56', '[["item", "int64"]]', 1, 528, 'part/8565d81bd762b0f90c16a83b552e2d7be7f835537243b1649de86b4b28602b56.parquet', '01a22266-20be-72c0-8986-e97c9352b821', 'each', 1, '2026-11-28 13:44:08.331661+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22266-2183-78c3-b55e-71da79b27a84', 'part', NULL, '{"item": "11"}', 1, 'a95dc41e10ec9c9eba5c5aa2edf42f7e2b3b76f469c2660d50d04c057d9b2f42', '[["item", "int64"]]', 1, 528, 'part/a95dc41e10ec9c9eba5c5aa2edf42f7e2b3b76f469c2660d50d04c057d9b2f42.parquet', '01a22266-20be-72c0-8986-e97c9352b821', 'each', 1, '2026-11-28 13:44:08.347761+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22266-2196-76dc-9824-ef52af5fb059', 'part', NULL, '{"item": "12"}', 1, '1e0032c08d4c9a0d778fc027c805dd365bc06e6432d35288fb650807d45da82e', '[["item", "int64"]]', 1, 528, 'part/1e0032c08d4c9a0d778fc027c805dd365bc06e6432d35288fb650807d45da82e.parquet', '01a22266-20be-72c0-8986-e97c9352b821', 'each', 1, '2026-11-28 13:44:08.347761+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22266-2dfc-748e-ba72-accaf4aea7ca', 'kept.interrupted_child', NULL, '{}', 1, '04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8', '[["number", "int64"]]', 2, 540, 'kept.interrupted_child/04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8.parquet', '01a22266-2d6d-74b8-bacd-eee39633689b', 'first', 1, '2026-11-28 13:44:11.528913+00', '{}');
INSERT INTO public.core_captures VALUES ('01a22266-374d-770a-accd-395483a59cb5', 'kept.parked', NULL, '{}', 1, '04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8', '[["number", "int64"]]', 2, 540, 'kept.parked/04f1b386e4eb3bdd37a67b47fa928cd0ab6edbb11697b8a033989208a0e265a8.parquet', '01a22266-369b-7898-b4ce-0a9048e788b7', 'first', 1, '2026-11-28 13:44:13.913335+00', '{}');

INSERT INTO public.core_database_connections VALUES ('memory', 'sqlite', NULL, NULL, NULL, NULL, NULL, '2026-11-28 13:43:57.048706+00', NULL);

INSERT INTO public.core_rejects VALUES ('01a22265-c6cb-71d2-afdb-f8adad668c3c', 'load', '01a22265-c671-75d1-9904-ff616a33e3fe', '2026-W04', 4, '|12', 'no symbol', '2026-11-28 13:43:45.099199+00');
INSERT INTO public.core_rejects VALUES ('01a22265-ca7a-7620-a412-703619546e13', 'load', '01a22265-ca5a-7027-969b-36fb6711ea04', '2026-W04', 4, '|12', 'no symbol', '2026-11-28 13:43:46.04239+00');
INSERT INTO public.core_rejects VALUES ('01a22265-e136-7825-b1ad-55f8710bd4ee', 'load', '01a22265-e100-7869-8081-80476151ec18', '2026-W02', 4, '|12', 'no symbol', '2026-11-28 13:43:51.862521+00');
INSERT INTO public.core_rejects VALUES ('01a22265-e654-7b36-9a94-e7f5a8975f2c', 'load', '01a22265-e633-7db3-885c-a7802f6a6d3b', '2026-W01', 4, '|12', 'no symbol', '2026-11-28 13:43:53.172711+00');
INSERT INTO public.core_rejects VALUES ('01a22265-eb25-705b-b06f-487c6c231e0a', 'load', '01a22265-eb0b-75fe-afbb-f5485a793ea4', '2026-W01', 4, '|12', 'no symbol', '2026-11-28 13:43:54.405031+00');

INSERT INTO public.core_run_limits VALUES ('fixture', '01a22266-1cd4-7705-bd86-3ae1fc3f2c2c');

INSERT INTO public.core_run_logs VALUES (1, '01a22265-c672-70e3-985a-08a6a4242c42', 'first', 1, '2026-11-28 13:43:45.097714+00', 'INFO', 'store_0006', 'first of slow');
INSERT INTO public.core_run_logs VALUES (2, '01a22266-0d1c-7856-b9e2-8f0496ef231c', 'first', 1, '2026-11-28 13:44:03.143514+00', 'INFO', 'store_0006', 'first of cancelled');
INSERT INTO public.core_run_logs VALUES (3, '01a22266-1675-716c-963b-6e3ef2c5811b', 'first', 1, '2026-11-28 13:44:05.531569+00', 'INFO', 'store_0006', 'first of patient');
INSERT INTO public.core_run_logs VALUES (4, '01a22266-1742-71a3-af9a-b24b332fd7af', 'first', 1, '2026-11-28 13:44:05.713857+00', 'INFO', 'store_0006', 'first of child');
INSERT INTO public.core_run_logs VALUES (5, '01a22266-1783-74c5-9d6f-f98e11eb6f58', 'first', 1, '2026-11-28 13:44:05.777508+00', 'INFO', 'store_0006', 'first of due_child');
INSERT INTO public.core_run_logs VALUES (6, '01a22266-1840-778a-bd3b-ee92a3b6e8ab', 'first', 1, '2026-11-28 13:44:05.974698+00', 'INFO', 'store_0006', 'first of due_child');
INSERT INTO public.core_run_logs VALUES (7, '01a22266-183e-75ef-bd31-9430134f1f0e', 'first', 1, '2026-11-28 13:44:05.972027+00', 'INFO', 'store_0006', 'first of due_child');
INSERT INTO public.core_run_logs VALUES (8, '01a22266-369b-7898-b4ce-0a9048e788b7', 'first', 1, '2026-11-28 13:44:13.766082+00', 'INFO', 'store_0006', 'first of parked');

INSERT INTO public.core_schedule_runs VALUES ('01a22265-c671-7fea-9c4a-25d40f79374a', '01a22265-c3fd-73e1-81c4-de69a355701d', 'queued', '2026-11-28 13:43:45+00', '2026-11-28 13:43:45.011668+00', NULL, 'RUNNING', '01a22265-c672-70e3-985a-08a6a4242c42', NULL, NULL);
INSERT INTO public.core_schedule_runs VALUES ('01a22265-c672-7748-886b-1a7c4c6fb033', '01a22265-c3fd-76e1-8061-ef2402df493e', 'quiet', '2026-11-28 13:43:45+00', NULL, NULL, 'SKIPPED', NULL, NULL, 'in the blackout 12:00-24:00');
INSERT INTO public.core_schedule_runs VALUES ('01a22265-c672-7a6c-bcef-407855760482', '01a22265-c3fd-7893-afb4-3da7ede0cbfc', 'late', '2026-11-28 13:43:45+00', NULL, NULL, 'MISSED', NULL, NULL, 'late by 0 s, beyond a grace of 0 s');
INSERT INTO public.core_schedule_runs VALUES ('01a22265-c671-7342-9997-d7f2a08275da', '01a22265-c3fd-71d4-98c5-0bd913bbad03', 'ticking', '2026-11-28 13:43:45+00', '2026-11-28 13:43:45.011668+00', '2026-11-28 13:43:45.258981+00', 'COMPLETED', '01a22265-c671-75d1-9904-ff616a33e3fe', NULL, NULL);
INSERT INTO public.core_schedule_runs VALUES ('01a22265-ca5a-7761-bc08-211a2c4f0dc9', '01a22265-c3fd-73e1-81c4-de69a355701d', 'queued', '2026-11-28 13:43:46+00', NULL, NULL, 'PENDING', NULL, NULL, NULL);
INSERT INTO public.core_schedule_runs VALUES ('01a22265-ca5a-7c6e-ad02-9bf020855353', '01a22265-c3fd-76e1-8061-ef2402df493e', 'quiet', '2026-11-28 13:43:46+00', NULL, NULL, 'SKIPPED', NULL, NULL, 'in the blackout 12:00-24:00');
INSERT INTO public.core_schedule_runs VALUES ('01a22265-ca5a-7d97-8097-2b60cca24c20', '01a22265-c3fd-7893-afb4-3da7ede0cbfc', 'late', '2026-11-28 13:43:46+00', NULL, NULL, 'MISSED', NULL, NULL, 'late by 0 s, beyond a grace of 0 s');
INSERT INTO public.core_schedule_runs VALUES ('01a22265-ca59-7da6-9868-88b24cc3fc93', '01a22265-c3fd-71d4-98c5-0bd913bbad03', 'ticking', '2026-11-28 13:43:46+00', '2026-11-28 13:43:46.011718+00', '2026-11-28 13:43:46.066428+00', 'COMPLETED', '01a22265-ca5a-7027-969b-36fb6711ea04', NULL, NULL);
INSERT INTO public.core_schedule_runs VALUES ('01a22265-e103-7cde-9a82-71337b3bbc93', '01a22265-c3f6-7918-8044-55300907dcc7', 'daily', '2026-11-28 13:43:51.811064+00', '2026-11-28 13:43:51.812902+00', '2026-11-28 13:43:52.044746+00', 'COMPLETED', '01a22265-e100-7869-8081-80476151ec18', NULL, 'triggered by hand');

INSERT INTO public.core_schedules VALUES ('01a22265-c3f6-7feb-9209-9ac901c3328a', 'interval', 'pipeline', 'load', '{"week": "2026-W03", "factor": 2}', 'interval', NULL, 21600, NULL, 'UTC', true, 1, 60, NULL, '2026-11-28 18:30:17.378787+00', NULL, '2026-11-28 13:43:44.382801+00', '2026-11-28 13:43:44.382801+00', '{"pipeline": "load", "params": {"week": "2026-W03", "factor": 2}, "every": "6h", "anchor": "2026-01-01T00:30", "timezone": "UTC", "enabled": true, "misfire_grace_seconds": 60.0, "catch_up": "one", "catch_up_limit": 10, "overlap": "skip", "jitter_seconds": 30.0, "gap": "shift", "repeat": "first"}', true, NULL, '2026-11-28 13:43:44.359487+00');
INSERT INTO public.core_schedules VALUES ('01a22265-c3f7-718c-a910-81c418bb9cf0', 'off', 'workflow', 'done', '{}', 'cron', '@monthly', NULL, NULL, 'UTC', false, 1, 60, NULL, NULL, NULL, '2026-11-28 13:43:44.382801+00', '2026-11-28 13:43:44.382801+00', '{"workflow": "done", "cron": "@monthly", "timezone": "UTC", "enabled": false, "misfire_grace_seconds": 60.0, "catch_up": "skip", "catch_up_limit": 10, "overlap": "skip", "jitter_seconds": 0.0, "gap": "shift", "repeat": "first"}', true, NULL, '2026-11-28 13:43:44.359487+00');
INSERT INTO public.core_schedules VALUES ('01a22265-c3fd-71d4-98c5-0bd913bbad03', 'ticking', 'workflow', 'done', '{"week": "2026-W04"}', 'interval', NULL, 86400, NULL, 'UTC', true, 1, 60, '2026-11-28 13:43:46.03444+00', '2026-11-29 00:00:00+00', 'COMPLETED', '2026-11-28 13:43:44.382801+00', '2026-11-28 13:43:47.612447+00', '{"workflow": "done", "params": {"week": "2026-W04"}, "every": "1d", "timezone": "UTC", "enabled": true, "misfire_grace_seconds": 60.0, "catch_up": "skip", "catch_up_limit": 10, "overlap": "skip", "jitter_seconds": 0.0, "gap": "shift", "repeat": "first"}', true, NULL, '2026-11-28 13:43:47.612447+00');
INSERT INTO public.core_schedules VALUES ('01a22265-c3fd-73e1-81c4-de69a355701d', 'queued', 'workflow', 'slow', '{}', 'interval', NULL, 86400, NULL, 'UTC', true, 1, 60, NULL, '2026-11-29 00:00:00+00', NULL, '2026-11-28 13:43:44.382801+00', '2026-11-28 13:43:47.612447+00', '{"workflow": "slow", "every": "1d", "timezone": "UTC", "enabled": true, "misfire_grace_seconds": 60.0, "catch_up": "skip", "catch_up_limit": 10, "overlap": "queue", "jitter_seconds": 0.0, "gap": "shift", "repeat": "first"}', true, NULL, '2026-11-28 13:43:47.612447+00');
INSERT INTO public.core_schedules VALUES ('01a22265-c3fd-76e1-8061-ef2402df493e', 'quiet', 'workflow', 'done', '{}', 'interval', NULL, 86400, NULL, 'UTC', true, 1, 60, NULL, '2026-11-29 00:00:00+00', NULL, '2026-11-28 13:43:44.382801+00', '2026-11-28 13:43:47.612447+00', '{"workflow": "done", "every": "1d", "timezone": "UTC", "enabled": true, "misfire_grace_seconds": 60.0, "catch_up": "skip", "catch_up_limit": 10, "overlap": "skip", "jitter_seconds": 0.0, "gap": "shift", "repeat": "first", "blackouts": ["00:00-12:00", "12:00-24:00"]}', true, NULL, '2026-11-28 13:43:47.612447+00');
INSERT INTO public.core_schedules VALUES ('01a22265-c3fd-7893-afb4-3da7ede0cbfc', 'late', 'workflow', 'done', '{}', 'interval', NULL, 86400, NULL, 'UTC', true, 1, 0, NULL, '2026-11-29 00:00:00+00', NULL, '2026-11-28 13:43:44.382801+00', '2026-11-28 13:43:47.612447+00', '{"workflow": "done", "every": "1d", "timezone": "UTC", "enabled": true, "misfire_grace_seconds": 0.0, "catch_up": "skip", "catch_up_limit": 10, "overlap": "skip", "jitter_seconds": 0.0, "gap": "shift", "repeat": "first"}', true, NULL, '2026-11-28 13:43:47.612447+00');
INSERT INTO public.core_schedules VALUES ('01a22265-c3fc-7c05-8e86-6753047a3ad8', 'paused', 'workflow', 'done', '{}', 'cron', '30 2 * * SUN#1', NULL, NULL, 'Europe/Berlin', true, 1, 60, NULL, '2026-12-06 01:30:00+00', NULL, '2026-11-28 13:43:44.382801+00', '2026-11-28 13:43:44.382801+00', '{"workflow": "done", "cron": "30 2 * * SUN#1", "timezone": "Europe/Berlin", "enabled": true, "misfire_grace_seconds": 60.0, "catch_up": "skip", "catch_up_limit": 10, "overlap": "skip", "jitter_seconds": 0.0, "gap": "skip", "repeat": "first"}', true, '2026-11-28 13:43:48.940646+00', '2026-11-28 13:43:44.359487+00');
INSERT INTO public.core_schedules VALUES ('01a22265-d92b-7658-9fb9-4ab10adb7673', 'added', 'pipeline', 'load', '{"week": "2026-W05"}', 'cron', '30 4 * * SUN', NULL, NULL, 'Europe/Berlin', true, 0, 60, NULL, '2026-11-29 03:30:00+00', NULL, '2026-11-28 13:43:49.808881+00', '2026-11-28 13:43:49.808881+00', '{"pipeline": "load", "params": {"week": "2026-W05"}, "cron": "30 4 * * SUN", "timezone": "Europe/Berlin", "enabled": true, "misfire_grace_seconds": 60.0, "catch_up": "skip", "catch_up_limit": 10, "overlap": "allow", "jitter_seconds": 0.0, "gap": "shift", "repeat": "first"}', false, NULL, '2026-11-28 13:43:49.802465+00');
INSERT INTO public.core_schedules VALUES ('01a22265-dd08-7079-80dd-d4cecc7cdcf8', 'once', 'workflow', 'done', '{}', 'date', NULL, NULL, '2036-01-01 06:00:00+00', 'UTC', true, 1, 60, NULL, '2036-01-01 06:00:00+00', NULL, '2026-11-28 13:43:50.798953+00', '2026-11-28 13:43:50.798953+00', '{"workflow": "done", "at": "2036-01-01T06:00", "timezone": "UTC", "enabled": true, "misfire_grace_seconds": 60.0, "catch_up": "skip", "catch_up_limit": 10, "overlap": "skip", "jitter_seconds": 0.0, "gap": "shift", "repeat": "first"}', false, NULL, '2026-11-28 13:43:50.790927+00');
INSERT INTO public.core_schedules VALUES ('01a22265-c3f6-7918-8044-55300907dcc7', 'daily', 'workflow', 'done', '{"week": "2026-W02"}', 'cron', '0 6 * * *', NULL, NULL, 'America/New_York', true, 1, 60, '2026-11-28 13:43:51.84453+00', '2026-11-29 11:00:00+00', 'COMPLETED', '2026-11-28 13:43:44.382801+00', '2026-11-28 13:43:44.382801+00', '{"workflow": "done", "params": {"week": "2026-W02"}, "cron": "0 6 * * *", "timezone": "America/New_York", "enabled": true, "misfire_grace_seconds": 60.0, "catch_up": "skip", "catch_up_limit": 10, "overlap": "queue", "jitter_seconds": 0.0, "gap": "shift", "repeat": "first"}', true, NULL, '2026-11-28 13:43:44.359487+00');

INSERT INTO public.core_schema_version VALUES ('0006');

INSERT INTO public.core_source_fetches VALUES ('01a22265-f04a-7f15-9ed1-5b927d208758', 'numbers', 'database', 'memory: SELECT id, word FROM (SELECT 1 AS id, ''one'' AS word UNION ALL SELECT 2, ''two'') AS known WHERE id > :cursor', 'SUCCESS', 2, NULL, '27b5b547e6eb07213aa1aa096d04973ddc41c0cd569ddbe25eb1b490e7e0dfa7', NULL, NULL, '2026-11-28 13:43:55.682943+00', '2026-11-28 13:43:55.722908+00', 32, NULL, NULL, 0, '01a22265-eff3-74a0-8b23-2d6823770d91');
INSERT INTO public.core_source_fetches VALUES ('01a22265-f597-7673-ba42-280f027fe89f', 'numbers', 'database', 'memory: SELECT id, word FROM (SELECT 1 AS id, ''one'' AS word UNION ALL SELECT 2, ''two'') AS known WHERE id > :cursor', 'SUCCESS', 0, NULL, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', NULL, NULL, '2026-11-28 13:43:57.046006+00', '2026-11-28 13:43:57.079387+00', 27, NULL, NULL, 0, '01a22265-f54c-7846-87b2-6b37acfbb3b5');

INSERT INTO public.core_source_state VALUES ('numbers', '{"type": "int", "value": 2}', '01a22265-eff3-74a0-8b23-2d6823770d91', '2026-11-28 13:43:55.714569+00');

INSERT INTO public.core_sources VALUES ('01a22265-f01e-7336-b391-0a8d5712d51b', 'numbers', 'database', '{"type": "database", "database": "memory", "query": "SELECT id, word FROM (SELECT 1 AS id, ''one'' AS word UNION ALL SELECT 2, ''two'') AS known WHERE id > :cursor", "cursor": "id", "initial": 0, "domain": "fixture.numbers", "params": {}, "batch_size": 1000}', 'fixture.numbers', true, '2026-11-28 13:43:55.675661+00', '2026-11-28 13:43:55.675661+00');

INSERT INTO public.core_workflow_definitions VALUES ('542dbc4d04c68ce981ca5417018839aacdf723f6951fd781a0690112f6b8bc75', '{"name": "done", "steps": [{"name": "load", "type": "pipeline", "on_error": "stop", "pipeline_name": "load"}, {"name": "check", "type": "lambda", "on_error": "stop", "config": {"limit": 2000}, "handler": "flows:check"}, {"name": "route", "type": "choice", "on_error": "stop", "condition": "flows:is_large", "then_step": "large", "else_step": "small"}, {"name": "large", "type": "lambda", "on_error": "stop", "next_step": "report", "handler": "flows:one"}, {"name": "small", "type": "lambda", "on_error": "stop", "handler": "flows:one"}, {"name": "report", "type": "lambda", "on_error": "stop", "handler": "flows:add"}], "domain": "fixture.weekly", "description": "", "version": 1, "defaults": {"week": "2026-W01", "factor": 1}, "tags": ["fixture"], "partition_by": ["week"], "resolve_params": null}', '2026-11-28 13:43:45.011668+00');
INSERT INTO public.core_workflow_definitions VALUES ('def17b715c5963b36eb94a089094896d9060038bb7ae079de28af35b291b6adf', '{"name": "slow", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "pause", "type": "wait", "on_error": "stop", "duration_seconds": 315360000.0}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}, {"name": "cleanup", "type": "lambda", "on_error": "stop", "always_run": true, "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:43:45.011668+00');
INSERT INTO public.core_workflow_definitions VALUES ('5e584c08eb2514184414b6fe856d36363f7a1cd86654c4c1faa46fa5c75654f9', '{"name": "fetched", "steps": [{"name": "fetch", "type": "pipeline", "on_error": "stop", "pipeline_name": "fetch"}, {"name": "after", "type": "lambda", "on_error": "stop", "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:43:55.640384+00');
INSERT INTO public.core_workflow_definitions VALUES ('d6e2916dd6a116e38d95d2462272748ae3b17d13fe98c33bfc7b5907e7e323ec', '{"name": "retried", "steps": [{"name": "start", "type": "lambda", "on_error": "stop", "handler": "flows:start"}, {"name": "flaky", "type": "lambda", "on_error": "retry", "retry_policy": {"max_attempts": 2, "initial_delay_seconds": 0, "backoff_multiplier": 2.0, "max_delay_seconds": 60.0, "jitter": true}, "handler": "flows:flaky"}, {"name": "mark", "type": "lambda", "on_error": "stop", "handler": "flows:one"}, {"name": "turn", "type": "lambda", "on_error": "stop", "handler": "flows:turn"}, {"name": "left_out", "type": "lambda", "on_error": "stop", "when": "flows:never", "handler": "flows:one"}, {"name": "crossing", "type": "lambda", "on_error": "stop", "handler": "flows:crossing"}, {"name": "cleanup", "type": "lambda", "on_error": "stop", "always_run": true, "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null, "on_success": [{"name": "told", "type": "lambda", "on_error": "stop", "handler": "flows:add"}]}', '2026-11-28 13:43:58.14431+00');
INSERT INTO public.core_workflow_definitions VALUES ('578d3e69dbff5ebfe3fe7993b24b412fe96d2949ea34bff38056c4b9cc1e8e1a', '{"name": "partial", "steps": [{"name": "read", "type": "lambda", "on_error": "continue", "handler": "flows:refuse"}, {"name": "after", "type": "lambda", "on_error": "stop", "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:43:59.291919+00');
INSERT INTO public.core_workflow_definitions VALUES ('9109444749814695f56356cd755f442c6d3072ca38a3823e831cfa2653d2a65b', '{"name": "crashed", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "second", "type": "lambda", "on_error": "stop", "handler": "flows:second"}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:00.532981+00');
INSERT INTO public.core_workflow_definitions VALUES ('3f30f4ee6039d126de26308a878136a2bcab132997f745c3daf532bcb184b7f2', '{"name": "cancelled", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "pause", "type": "wait", "on_error": "stop", "duration_seconds": 315360000.0}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}, {"name": "cleanup", "type": "lambda", "on_error": "stop", "always_run": true, "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:03.107529+00');
INSERT INTO public.core_workflow_definitions VALUES ('b88e7c4f86024ff56721204fd703a4837fe920d905f11d25f59ca6559f40da7b', '{"name": "patient", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "pause", "type": "wait", "on_error": "stop", "duration_seconds": 315360000.0}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}, {"name": "cleanup", "type": "lambda", "on_error": "stop", "always_run": true, "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:05.497333+00');
INSERT INTO public.core_workflow_definitions VALUES ('bfe45f2c9d8f78b4193ae26448abcf63233c252b23ddd2b18090a811598a0303', '{"name": "parent", "steps": [{"name": "before", "type": "lambda", "on_error": "stop", "handler": "flows:one"}, {"name": "below", "type": "workflow", "on_error": "stop", "iterator_workflow": {"name": "child", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "pause", "type": "wait", "on_error": "stop", "duration_seconds": 315360000.0}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}, {"name": "cleanup", "type": "lambda", "on_error": "stop", "always_run": true, "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}}, {"name": "after", "type": "lambda", "on_error": "stop", "handler": "flows:add"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:05.675326+00');
INSERT INTO public.core_workflow_definitions VALUES ('9a1a4557d35ee24cdc2f0d780b59a5b3c28ef55a258f92c22664b3f3af2cd42a', '{"name": "child", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "pause", "type": "wait", "on_error": "stop", "duration_seconds": 315360000.0}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}, {"name": "cleanup", "type": "lambda", "on_error": "stop", "always_run": true, "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:05.701561+00');
INSERT INTO public.core_workflow_definitions VALUES ('dae642af8b6072464aa7c21f9a8f8061115333ce1e07abb81022a23da611605c', '{"name": "due_parent", "steps": [{"name": "before", "type": "lambda", "on_error": "stop", "handler": "flows:one"}, {"name": "below", "type": "workflow", "on_error": "stop", "iterator_workflow": {"name": "due_child", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "pause", "type": "wait", "on_error": "stop", "duration_seconds": 60.0}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}, {"name": "cleanup", "type": "lambda", "on_error": "stop", "always_run": true, "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}}, {"name": "after", "type": "lambda", "on_error": "stop", "handler": "flows:add"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:05.745395+00');
INSERT INTO public.core_workflow_definitions VALUES ('1c98c79a94cf075a8e133399b53a804b65a8b7551470c364ee7feeb91c9afa07', '{"name": "due_child", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "pause", "type": "wait", "on_error": "stop", "duration_seconds": 60.0}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}, {"name": "cleanup", "type": "lambda", "on_error": "stop", "always_run": true, "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:05.766065+00');
INSERT INTO public.core_workflow_definitions VALUES ('1f83e836c260687b496ad591e7cdb00dfa5aeb5163d460815f9d2d06d71e8251', '{"name": "due_fan", "steps": [{"name": "before", "type": "lambda", "on_error": "stop", "handler": "flows:one"}, {"name": "both", "type": "parallel", "on_error": "stop", "max_concurrency": 2, "parallel_steps": {"left": [{"name": "at_once", "type": "lambda", "on_error": "stop", "handler": "flows:one"}, {"name": "and_more", "type": "lambda", "on_error": "stop", "handler": "flows:one"}], "right": [{"name": "begin", "type": "lambda", "on_error": "stop", "handler": "flows:one"}, {"name": "pause", "type": "wait", "on_error": "stop", "duration_seconds": 60.0}, {"name": "end", "type": "lambda", "on_error": "stop", "handler": "flows:one"}]}}, {"name": "after", "type": "lambda", "on_error": "stop", "handler": "flows:add"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:05.817466+00');
INSERT INTO public.core_workflow_definitions VALUES ('ae5feaf97bb471b611f14bd574ee57f28322fabd8dd7b3ea3fc839fa78c7cff8', '{"name": "due_fan.both.left", "steps": [{"name": "at_once", "type": "lambda", "on_error": "stop", "handler": "flows:one"}, {"name": "and_more", "type": "lambda", "on_error": "stop", "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:05.848585+00');
INSERT INTO public.core_workflow_definitions VALUES ('164b8c17dedac9a3b654f7abf4a28256cd4f0d9b3b5010c89a736f1ec7bbddfe', '{"name": "due_fan.both.right", "steps": [{"name": "begin", "type": "lambda", "on_error": "stop", "handler": "flows:one"}, {"name": "pause", "type": "wait", "on_error": "stop", "duration_seconds": 60.0}, {"name": "end", "type": "lambda", "on_error": "stop", "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:05.851213+00');
INSERT INTO public.core_workflow_definitions VALUES ('3c413967319ee58f36f41d2520462ffa1718f5f995f2b77e80f833669dfdc4bb', '{"name": "due_map", "steps": [{"name": "each", "type": "map", "on_error": "stop", "items_path": "numbers", "iterator_workflow": {"name": "due_child", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "pause", "type": "wait", "on_error": "stop", "duration_seconds": 60.0}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}, {"name": "cleanup", "type": "lambda", "on_error": "stop", "always_run": true, "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}, "max_concurrency": 4, "item_param": "item", "executor": "threads"}, {"name": "after", "type": "lambda", "on_error": "stop", "handler": "flows:add"}], "domain": "", "description": "", "version": 1, "defaults": {"numbers": [1, 2]}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:05.922711+00');
INSERT INTO public.core_workflow_definitions VALUES ('dfae26717113cbd63d4e3a6acd85850e57b13f3f7a35cccf2c9b59ca80e5fa73', '{"name": "interrupted", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "second", "type": "lambda", "on_error": "stop", "handler": "flows:second"}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null, "limits": {"fixture": 2}}', '2026-11-28 13:44:07.127043+00');
INSERT INTO public.core_workflow_definitions VALUES ('ad743f0aa7d09194ab26a32d43b39ae3160f65c79f6bfcad0fad2f9138c26983', '{"name": "interrupted_map", "steps": [{"name": "six", "type": "lambda", "on_error": "stop", "handler": "flows:six"}, {"name": "each", "type": "map", "on_error": "stop", "items_path": "six.items", "item_function": "flows:part", "max_concurrency": 2, "item_param": "item", "executor": "threads"}, {"name": "total", "type": "lambda", "on_error": "stop", "handler": "flows:total"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:08.1299+00');
INSERT INTO public.core_workflow_definitions VALUES ('86bdd8ae116400b84368d62c364a0545d1dab2ed78ba53c683d65c332b71e294', '{"name": "interrupted_parent", "steps": [{"name": "before", "type": "lambda", "on_error": "stop", "handler": "flows:one"}, {"name": "below", "type": "workflow", "on_error": "stop", "iterator_workflow": {"name": "interrupted_child", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "second", "type": "lambda", "on_error": "stop", "handler": "flows:second"}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}}, {"name": "after", "type": "lambda", "on_error": "stop", "handler": "flows:add"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:11.326555+00');
INSERT INTO public.core_workflow_definitions VALUES ('2c8894eec6d55f908b05e97981cd90f82473e89b0fa11044bb6abef9db6440ae', '{"name": "interrupted_child", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "second", "type": "lambda", "on_error": "stop", "handler": "flows:second"}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:11.377731+00');
INSERT INTO public.core_workflow_definitions VALUES ('3700856b86ce8245e33e2679a4d2454daecc5f28b13353cce26495ee3f7c7e12', '{"name": "interrupted_path", "steps": [{"name": "start", "type": "lambda", "on_error": "stop", "handler": "flows:start"}, {"name": "flaky", "type": "lambda", "on_error": "retry", "retry_policy": {"max_attempts": 2, "initial_delay_seconds": 0, "backoff_multiplier": 2.0, "max_delay_seconds": 60.0, "jitter": true}, "handler": "flows:flaky"}, {"name": "mark", "type": "lambda", "on_error": "stop", "handler": "flows:one"}, {"name": "turn", "type": "lambda", "on_error": "stop", "handler": "flows:turn"}, {"name": "left_out", "type": "lambda", "on_error": "stop", "when": "flows:never", "handler": "flows:one"}, {"name": "crossing", "type": "lambda", "on_error": "stop", "handler": "flows:crossing"}, {"name": "cleanup", "type": "lambda", "on_error": "stop", "always_run": true, "handler": "flows:one"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null, "on_success": [{"name": "told", "type": "lambda", "on_error": "stop", "handler": "flows:add"}]}', '2026-11-28 13:44:12.633097+00');
INSERT INTO public.core_workflow_definitions VALUES ('de8dd4db3af926ee86467105e687f5e6741df7b403028e04328b1b188c5707e0', '{"name": "parked", "steps": [{"name": "first", "type": "lambda", "on_error": "stop", "handler": "flows:first"}, {"name": "second", "type": "lambda", "on_error": "stop", "handler": "flows:second"}, {"name": "last", "type": "lambda", "on_error": "stop", "handler": "flows:last"}], "domain": "", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:13.726736+00');
INSERT INTO public.core_workflow_definitions VALUES ('2896422d012ee996fec96ac7604f80ea53ecba0248a987afd46c60521d2de954', '{"name": "recovered", "steps": [{"name": "read", "type": "lambda", "on_error": "stop", "handler": "flows:refuse"}], "domain": "", "description": "", "version": 1, "defaults": {"good": false}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:16.497356+00');
INSERT INTO public.core_workflow_definitions VALUES ('f35f4411f14ae78d4a90d085752cd117d38445ebbddcbe97347dad9666c0f448', '{"name": "broken", "steps": [{"name": "read", "type": "lambda", "on_error": "stop", "handler": "flows:refuse"}, {"name": "after", "type": "lambda", "on_error": "stop", "handler": "flows:one"}], "domain": "fixture.broken", "description": "", "version": 1, "defaults": {}, "tags": [], "partition_by": [], "resolve_params": null}', '2026-11-28 13:44:19.444746+00');

INSERT INTO public.core_workflow_events VALUES (2, '01a22265-c672-70e3-985a-08a6a4242c42', NULL, 'run.started', '2026-11-28 13:43:45.081234+00', '{"workflow": "slow", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:43:45.073719+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (3, '01a22265-c672-70e3-985a-08a6a4242c42', '01a22265-c6ba-741b-afa0-ea95f83566ad', 'step.started', '2026-11-28 13:43:45.082328+00', '{"step": "first", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (1, '01a22265-c671-75d1-9904-ff616a33e3fe', NULL, 'run.started', '2026-11-28 13:43:45.080125+00', '{"workflow": "done", "domain": "fixture.weekly", "params": {"week": "2026-W04", "factor": 1}, "partition": {"week": "2026-W04"}, "started_at": "2026-11-28T13:43:45.075006+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (4, '01a22265-c671-75d1-9904-ff616a33e3fe', '01a22265-c6b9-7044-959b-782b8753db7a', 'step.started', '2026-11-28 13:43:45.081544+00', '{"step": "load", "attempt": 1, "step_type": "pipeline"}');
INSERT INTO public.core_workflow_events VALUES (5, '01a22265-c672-70e3-985a-08a6a4242c42', '01a22265-c6ba-741b-afa0-ea95f83566ad', 'step.completed', '2026-11-28 13:43:45.213338+00', '{"step": "first", "attempt": 1, "duration_ms": 131, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (6, '01a22265-c672-70e3-985a-08a6a4242c42', '01a22265-c73d-768e-9362-43190aca2456', 'step.started', '2026-11-28 13:43:45.213488+00', '{"step": "pause", "attempt": 1, "step_type": "wait"}');
INSERT INTO public.core_workflow_events VALUES (7, '01a22265-c671-75d1-9904-ff616a33e3fe', '01a22265-c6b9-7044-959b-782b8753db7a', 'step.completed', '2026-11-28 13:43:45.21412+00', '{"step": "load", "attempt": 1, "duration_ms": 133, "row_count": 3}');
INSERT INTO public.core_workflow_events VALUES (8, '01a22265-c671-75d1-9904-ff616a33e3fe', '01a22265-c73e-7280-ba37-1a6bbd6fe9bc', 'step.started', '2026-11-28 13:43:45.214232+00', '{"step": "check", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (9, '01a22265-c672-70e3-985a-08a6a4242c42', '01a22265-c73d-768e-9362-43190aca2456', 'step.waiting', '2026-11-28 13:43:45.233926+00', '{"step": "pause", "attempt": 1, "wake_at": "2036-11-25T13:43:45.231542+00:00"}');
INSERT INTO public.core_workflow_events VALUES (10, '01a22265-c671-75d1-9904-ff616a33e3fe', '01a22265-c73e-7280-ba37-1a6bbd6fe9bc', 'step.completed', '2026-11-28 13:43:45.241367+00', '{"step": "check", "attempt": 1, "duration_ms": 27, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (11, '01a22265-c671-75d1-9904-ff616a33e3fe', '01a22265-c759-7723-9628-55025a373975', 'step.started', '2026-11-28 13:43:45.241539+00', '{"step": "route", "attempt": 1, "step_type": "choice"}');
INSERT INTO public.core_workflow_events VALUES (12, '01a22265-c671-75d1-9904-ff616a33e3fe', '01a22265-c759-7723-9628-55025a373975', 'step.completed', '2026-11-28 13:43:45.250542+00', '{"step": "route", "attempt": 1, "duration_ms": 9, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (13, '01a22265-c671-75d1-9904-ff616a33e3fe', '01a22265-c762-79b8-9d9f-dd363b6197a0', 'step.started', '2026-11-28 13:43:45.250643+00', '{"step": "small", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (14, '01a22265-c671-75d1-9904-ff616a33e3fe', '01a22265-c762-79b8-9d9f-dd363b6197a0', 'step.completed', '2026-11-28 13:43:45.254106+00', '{"step": "small", "attempt": 1, "duration_ms": 3, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (15, '01a22265-c671-75d1-9904-ff616a33e3fe', '01a22265-c766-72a6-a037-44a9f7e31765', 'step.started', '2026-11-28 13:43:45.254198+00', '{"step": "report", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (16, '01a22265-c671-75d1-9904-ff616a33e3fe', '01a22265-c766-72a6-a037-44a9f7e31765', 'step.completed', '2026-11-28 13:43:45.257775+00', '{"step": "report", "attempt": 1, "duration_ms": 4, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (17, '01a22265-c671-75d1-9904-ff616a33e3fe', '01a22265-c769-7d5e-a1b8-659224443d9f', 'step.skipped', '2026-11-28 13:43:45.257864+00', '{"step": "large", "attempt": 0, "reason": "not on the path taken"}');
INSERT INTO public.core_workflow_events VALUES (18, '01a22265-c671-75d1-9904-ff616a33e3fe', NULL, 'run.completed', '2026-11-28 13:43:45.257913+00', '{"workflow": "done", "domain": "fixture.weekly", "outcome": null, "duration_ms": 183, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": null, "partition": {"week": "2026-W04"}}');
INSERT INTO public.core_workflow_events VALUES (19, '01a22265-ca5a-7027-969b-36fb6711ea04', NULL, 'run.started', '2026-11-28 13:43:46.036855+00', '{"workflow": "done", "domain": "fixture.weekly", "params": {"week": "2026-W04", "factor": 1}, "partition": {"week": "2026-W04"}, "started_at": "2026-11-28T13:43:46.034440+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (20, '01a22265-ca5a-7027-969b-36fb6711ea04', '01a22265-ca75-731e-9fc8-37ced5f4709f', 'step.started', '2026-11-28 13:43:46.037272+00', '{"step": "load", "attempt": 1, "step_type": "pipeline"}');
INSERT INTO public.core_workflow_events VALUES (21, '01a22265-ca5a-7027-969b-36fb6711ea04', '01a22265-ca75-731e-9fc8-37ced5f4709f', 'step.completed', '2026-11-28 13:43:46.046532+00', '{"step": "load", "attempt": 1, "duration_ms": 9, "row_count": 3}');
INSERT INTO public.core_workflow_events VALUES (22, '01a22265-ca5a-7027-969b-36fb6711ea04', '01a22265-ca7e-7992-bbd2-5f6885a6421b', 'step.started', '2026-11-28 13:43:46.046649+00', '{"step": "check", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (23, '01a22265-ca5a-7027-969b-36fb6711ea04', '01a22265-ca7e-7992-bbd2-5f6885a6421b', 'step.completed', '2026-11-28 13:43:46.054177+00', '{"step": "check", "attempt": 1, "duration_ms": 7, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (24, '01a22265-ca5a-7027-969b-36fb6711ea04', '01a22265-ca86-742f-abc6-c42802945ce0', 'step.started', '2026-11-28 13:43:46.054328+00', '{"step": "route", "attempt": 1, "step_type": "choice"}');
INSERT INTO public.core_workflow_events VALUES (25, '01a22265-ca5a-7027-969b-36fb6711ea04', '01a22265-ca86-742f-abc6-c42802945ce0', 'step.completed', '2026-11-28 13:43:46.058655+00', '{"step": "route", "attempt": 1, "duration_ms": 4, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (26, '01a22265-ca5a-7027-969b-36fb6711ea04', '01a22265-ca8a-7b50-b448-2fdcef31cf16', 'step.started', '2026-11-28 13:43:46.058741+00', '{"step": "small", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (27, '01a22265-ca5a-7027-969b-36fb6711ea04', '01a22265-ca8a-7b50-b448-2fdcef31cf16', 'step.completed', '2026-11-28 13:43:46.062167+00', '{"step": "small", "attempt": 1, "duration_ms": 3, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (28, '01a22265-ca5a-7027-969b-36fb6711ea04', '01a22265-ca8e-73bd-9315-62a4f5dd632e', 'step.started', '2026-11-28 13:43:46.062279+00', '{"step": "report", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (29, '01a22265-ca5a-7027-969b-36fb6711ea04', '01a22265-ca8e-73bd-9315-62a4f5dd632e', 'step.completed', '2026-11-28 13:43:46.065247+00', '{"step": "report", "attempt": 1, "duration_ms": 3, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (30, '01a22265-ca5a-7027-969b-36fb6711ea04', '01a22265-ca91-7505-9c10-0e32d4e5bcfa', 'step.skipped', '2026-11-28 13:43:46.065344+00', '{"step": "large", "attempt": 0, "reason": "not on the path taken"}');
INSERT INTO public.core_workflow_events VALUES (31, '01a22265-ca5a-7027-969b-36fb6711ea04', NULL, 'run.completed', '2026-11-28 13:43:46.065405+00', '{"workflow": "done", "domain": "fixture.weekly", "outcome": null, "duration_ms": 31, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": null, "partition": {"week": "2026-W04"}}');
INSERT INTO public.core_workflow_events VALUES (32, '01a22265-e100-7869-8081-80476151ec18', NULL, 'run.started', '2026-11-28 13:43:51.850407+00', '{"workflow": "done", "domain": "fixture.weekly", "params": {"week": "2026-W02", "factor": 1}, "partition": {"week": "2026-W02"}, "started_at": "2026-11-28T13:43:51.844530+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (33, '01a22265-e100-7869-8081-80476151ec18', '01a22265-e12a-7fa6-b026-49d2cda2ac4f', 'step.started', '2026-11-28 13:43:51.851083+00', '{"step": "load", "attempt": 1, "step_type": "pipeline"}');
INSERT INTO public.core_workflow_events VALUES (34, '01a22265-e100-7869-8081-80476151ec18', '01a22265-e12a-7fa6-b026-49d2cda2ac4f', 'step.completed', '2026-11-28 13:43:51.999871+00', '{"step": "load", "attempt": 1, "duration_ms": 149, "row_count": 3}');
INSERT INTO public.core_workflow_events VALUES (35, '01a22265-e100-7869-8081-80476151ec18', '01a22265-e1bf-7f34-9fa8-d3544cc7a587', 'step.started', '2026-11-28 13:43:52.000002+00', '{"step": "check", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (36, '01a22265-e100-7869-8081-80476151ec18', '01a22265-e1bf-7f34-9fa8-d3544cc7a587', 'step.completed', '2026-11-28 13:43:52.030186+00', '{"step": "check", "attempt": 1, "duration_ms": 30, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (37, '01a22265-e100-7869-8081-80476151ec18', '01a22265-e1de-7447-9d70-008e04081ca2', 'step.started', '2026-11-28 13:43:52.030319+00', '{"step": "route", "attempt": 1, "step_type": "choice"}');
INSERT INTO public.core_workflow_events VALUES (38, '01a22265-e100-7869-8081-80476151ec18', '01a22265-e1de-7447-9d70-008e04081ca2', 'step.completed', '2026-11-28 13:43:52.03606+00', '{"step": "route", "attempt": 1, "duration_ms": 6, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (39, '01a22265-e100-7869-8081-80476151ec18', '01a22265-e1e4-71ff-a85c-4f1e297d09f8', 'step.started', '2026-11-28 13:43:52.036165+00', '{"step": "small", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (40, '01a22265-e100-7869-8081-80476151ec18', '01a22265-e1e4-71ff-a85c-4f1e297d09f8', 'step.completed', '2026-11-28 13:43:52.039933+00', '{"step": "small", "attempt": 1, "duration_ms": 4, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (41, '01a22265-e100-7869-8081-80476151ec18', '01a22265-e1e7-7fd7-ba05-93b4a624ce8c', 'step.started', '2026-11-28 13:43:52.040024+00', '{"step": "report", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (42, '01a22265-e100-7869-8081-80476151ec18', '01a22265-e1e7-7fd7-ba05-93b4a624ce8c', 'step.completed', '2026-11-28 13:43:52.043871+00', '{"step": "report", "attempt": 1, "duration_ms": 4, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (43, '01a22265-e100-7869-8081-80476151ec18', '01a22265-e1eb-7ed9-b9cd-982a533fa438', 'step.skipped', '2026-11-28 13:43:52.043953+00', '{"step": "large", "attempt": 0, "reason": "not on the path taken"}');
INSERT INTO public.core_workflow_events VALUES (44, '01a22265-e100-7869-8081-80476151ec18', NULL, 'run.completed', '2026-11-28 13:43:52.044+00', '{"workflow": "done", "domain": "fixture.weekly", "outcome": null, "duration_ms": 199, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": null, "partition": {"week": "2026-W02"}}');
INSERT INTO public.core_workflow_events VALUES (45, '01a22265-e633-7db3-885c-a7802f6a6d3b', NULL, 'run.started', '2026-11-28 13:43:53.161143+00', '{"workflow": "done", "domain": "fixture.weekly", "params": {"week": "2026-W01", "factor": 1}, "partition": {"week": "2026-W01"}, "started_at": "2026-11-28T13:43:53.139947+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (46, '01a22265-e633-7db3-885c-a7802f6a6d3b', '01a22265-e649-795b-986b-d499c8750746', 'step.started', '2026-11-28 13:43:53.161693+00', '{"step": "load", "attempt": 1, "step_type": "pipeline"}');
INSERT INTO public.core_workflow_events VALUES (47, '01a22265-e633-7db3-885c-a7802f6a6d3b', '01a22265-e649-795b-986b-d499c8750746', 'step.completed', '2026-11-28 13:43:53.268657+00', '{"step": "load", "attempt": 1, "duration_ms": 107, "row_count": 3}');
INSERT INTO public.core_workflow_events VALUES (48, '01a22265-e633-7db3-885c-a7802f6a6d3b', '01a22265-e6b4-7c19-a19e-fa0e2f05fc79', 'step.started', '2026-11-28 13:43:53.268826+00', '{"step": "check", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (49, '01a22265-e633-7db3-885c-a7802f6a6d3b', '01a22265-e6b4-7c19-a19e-fa0e2f05fc79', 'step.completed', '2026-11-28 13:43:53.302645+00', '{"step": "check", "attempt": 1, "duration_ms": 34, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (50, '01a22265-e633-7db3-885c-a7802f6a6d3b', '01a22265-e6d6-7b82-af36-3bf12e24e177', 'step.started', '2026-11-28 13:43:53.302759+00', '{"step": "route", "attempt": 1, "step_type": "choice"}');
INSERT INTO public.core_workflow_events VALUES (51, '01a22265-e633-7db3-885c-a7802f6a6d3b', '01a22265-e6d6-7b82-af36-3bf12e24e177', 'step.completed', '2026-11-28 13:43:53.307974+00', '{"step": "route", "attempt": 1, "duration_ms": 5, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (52, '01a22265-e633-7db3-885c-a7802f6a6d3b', '01a22265-e6dc-7093-9dee-56924894bf50', 'step.started', '2026-11-28 13:43:53.308073+00', '{"step": "small", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (53, '01a22265-e633-7db3-885c-a7802f6a6d3b', '01a22265-e6dc-7093-9dee-56924894bf50', 'step.completed', '2026-11-28 13:43:53.312649+00', '{"step": "small", "attempt": 1, "duration_ms": 5, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (54, '01a22265-e633-7db3-885c-a7802f6a6d3b', '01a22265-e6e0-7b75-ac56-a683d84767de', 'step.started', '2026-11-28 13:43:53.312757+00', '{"step": "report", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (55, '01a22265-e633-7db3-885c-a7802f6a6d3b', '01a22265-e6e0-7b75-ac56-a683d84767de', 'step.completed', '2026-11-28 13:43:53.317627+00', '{"step": "report", "attempt": 1, "duration_ms": 5, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (56, '01a22265-e633-7db3-885c-a7802f6a6d3b', '01a22265-e6e5-7bd0-8ce2-73df542ecb0a', 'step.skipped', '2026-11-28 13:43:53.317796+00', '{"step": "large", "attempt": 0, "reason": "not on the path taken"}');
INSERT INTO public.core_workflow_events VALUES (57, '01a22265-e633-7db3-885c-a7802f6a6d3b', NULL, 'run.completed', '2026-11-28 13:43:53.317888+00', '{"workflow": "done", "domain": "fixture.weekly", "outcome": null, "duration_ms": 178, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": null, "partition": {"week": "2026-W01"}}');
INSERT INTO public.core_workflow_events VALUES (58, '01a22265-eb0b-75fe-afbb-f5485a793ea4', NULL, 'run.started', '2026-11-28 13:43:54.396322+00', '{"workflow": "done", "domain": "fixture.weekly", "params": {"week": "2026-W01", "factor": 2}, "partition": {"week": "2026-W01"}, "started_at": "2026-11-28T13:43:54.379441+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (59, '01a22265-eb0b-75fe-afbb-f5485a793ea4', '01a22265-eb1c-7d84-b77a-1f1c079eef8b', 'step.started', '2026-11-28 13:43:54.396957+00', '{"step": "load", "attempt": 1, "step_type": "pipeline"}');
INSERT INTO public.core_workflow_events VALUES (60, '01a22265-eb0b-75fe-afbb-f5485a793ea4', '01a22265-eb1c-7d84-b77a-1f1c079eef8b', 'step.completed', '2026-11-28 13:43:54.493854+00', '{"step": "load", "attempt": 1, "duration_ms": 97, "row_count": 3}');
INSERT INTO public.core_workflow_events VALUES (61, '01a22265-eb0b-75fe-afbb-f5485a793ea4', '01a22265-eb7d-7eb3-be44-e241c9140082', 'step.started', '2026-11-28 13:43:54.493962+00', '{"step": "check", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (62, '01a22265-eb0b-75fe-afbb-f5485a793ea4', '01a22265-eb7d-7eb3-be44-e241c9140082', 'step.completed', '2026-11-28 13:43:54.510373+00', '{"step": "check", "attempt": 1, "duration_ms": 16, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (63, '01a22265-eb0b-75fe-afbb-f5485a793ea4', '01a22265-eb8e-7711-9b2c-f77766671b5d', 'step.started', '2026-11-28 13:43:54.510482+00', '{"step": "route", "attempt": 1, "step_type": "choice"}');
INSERT INTO public.core_workflow_events VALUES (64, '01a22265-eb0b-75fe-afbb-f5485a793ea4', '01a22265-eb8e-7711-9b2c-f77766671b5d', 'step.completed', '2026-11-28 13:43:54.514436+00', '{"step": "route", "attempt": 1, "duration_ms": 4, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (65, '01a22265-eb0b-75fe-afbb-f5485a793ea4', '01a22265-eb92-77c9-a797-5d549a080ca2', 'step.started', '2026-11-28 13:43:54.514518+00', '{"step": "large", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (66, '01a22265-eb0b-75fe-afbb-f5485a793ea4', '01a22265-eb92-77c9-a797-5d549a080ca2', 'step.completed', '2026-11-28 13:43:54.517658+00', '{"step": "large", "attempt": 1, "duration_ms": 3, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (67, '01a22265-eb0b-75fe-afbb-f5485a793ea4', '01a22265-eb95-7b3b-8d6c-b9fd28d2cdcd', 'step.started', '2026-11-28 13:43:54.517728+00', '{"step": "report", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (68, '01a22265-eb0b-75fe-afbb-f5485a793ea4', '01a22265-eb95-7b3b-8d6c-b9fd28d2cdcd', 'step.completed', '2026-11-28 13:43:54.521075+00', '{"step": "report", "attempt": 1, "duration_ms": 3, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (69, '01a22265-eb0b-75fe-afbb-f5485a793ea4', '01a22265-eb99-71f5-bed8-c555589f3667', 'step.skipped', '2026-11-28 13:43:54.521143+00', '{"step": "small", "attempt": 0, "reason": "not on the path taken"}');
INSERT INTO public.core_workflow_events VALUES (70, '01a22265-eb0b-75fe-afbb-f5485a793ea4', NULL, 'run.completed', '2026-11-28 13:43:54.521185+00', '{"workflow": "done", "domain": "fixture.weekly", "outcome": null, "duration_ms": 142, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": null, "partition": {"week": "2026-W01"}}');
INSERT INTO public.core_workflow_events VALUES (71, '01a22265-eff3-74a0-8b23-2d6823770d91', NULL, 'run.started', '2026-11-28 13:43:55.657455+00', '{"workflow": "fetched", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:43:55.635356+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (72, '01a22265-eff3-74a0-8b23-2d6823770d91', '01a22265-f009-7f2a-8f5a-cf59a5014096', 'step.started', '2026-11-28 13:43:55.658057+00', '{"step": "fetch", "attempt": 1, "step_type": "pipeline"}');
INSERT INTO public.core_workflow_events VALUES (73, '01a22265-eff3-74a0-8b23-2d6823770d91', '01a22265-f009-7f2a-8f5a-cf59a5014096', 'step.completed', '2026-11-28 13:43:55.837577+00', '{"step": "fetch", "attempt": 1, "duration_ms": 179, "row_count": 2}');
INSERT INTO public.core_workflow_events VALUES (74, '01a22265-eff3-74a0-8b23-2d6823770d91', '01a22265-f0bd-7aee-b871-ce0378155861', 'step.started', '2026-11-28 13:43:55.837742+00', '{"step": "after", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (75, '01a22265-eff3-74a0-8b23-2d6823770d91', '01a22265-f0bd-7aee-b871-ce0378155861', 'step.completed', '2026-11-28 13:43:55.855344+00', '{"step": "after", "attempt": 1, "duration_ms": 18, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (76, '01a22265-eff3-74a0-8b23-2d6823770d91', NULL, 'run.completed', '2026-11-28 13:43:55.855528+00', '{"workflow": "fetched", "domain": "", "outcome": null, "duration_ms": 220, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": null, "partition": {}}');
INSERT INTO public.core_workflow_events VALUES (77, '01a22265-f54c-7846-87b2-6b37acfbb3b5', NULL, 'run.started', '2026-11-28 13:43:57.02446+00', '{"workflow": "fetched", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:43:57.004568+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (78, '01a22265-f54c-7846-87b2-6b37acfbb3b5', '01a22265-f563-78d2-9026-c8377c0eac41', 'step.started', '2026-11-28 13:43:57.027648+00', '{"step": "fetch", "attempt": 1, "step_type": "pipeline"}');
INSERT INTO public.core_workflow_events VALUES (79, '01a22265-f54c-7846-87b2-6b37acfbb3b5', '01a22265-f563-78d2-9026-c8377c0eac41', 'step.completed', '2026-11-28 13:43:57.082614+00', '{"step": "fetch", "attempt": 1, "duration_ms": 55, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (80, '01a22265-f54c-7846-87b2-6b37acfbb3b5', '01a22265-f59a-7ac9-a58d-d76f649edfb8', 'step.skipped', '2026-11-28 13:43:57.08271+00', '{"step": "after", "attempt": 0, "reason": "unchanged"}');
INSERT INTO public.core_workflow_events VALUES (81, '01a22265-f54c-7846-87b2-6b37acfbb3b5', NULL, 'run.completed', '2026-11-28 13:43:57.082758+00', '{"workflow": "fetched", "domain": "", "outcome": "unchanged", "duration_ms": 78, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": null, "partition": {}}');
INSERT INTO public.core_workflow_events VALUES (82, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', NULL, 'run.started', '2026-11-28 13:43:58.158199+00', '{"workflow": "retried", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:43:58.141789+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (83, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-f9ce-7c50-b842-786dcc20dc4e', 'step.started', '2026-11-28 13:43:58.158882+00', '{"step": "start", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (84, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-f9ce-7c50-b842-786dcc20dc4e', 'step.completed', '2026-11-28 13:43:58.172432+00', '{"step": "start", "attempt": 1, "duration_ms": 14, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (85, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-f9dc-78eb-b8a9-1209100de231', 'step.started', '2026-11-28 13:43:58.172623+00', '{"step": "flaky", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (86, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-f9dc-78eb-b8a9-1209100de231', 'step.retrying', '2026-11-28 13:43:58.180146+00', '{"step": "flaky", "attempt": 1, "duration_ms": 7, "row_count": null, "error": "the first attempt always fails", "error_category": "NETWORK", "retry_in": 0.0}');
INSERT INTO public.core_workflow_events VALUES (87, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-f9e9-70fc-9955-4dffd0656f31', 'step.started', '2026-11-28 13:43:58.185164+00', '{"step": "flaky", "attempt": 2, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (88, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-f9e9-70fc-9955-4dffd0656f31', 'step.completed', '2026-11-28 13:43:58.191806+00', '{"step": "flaky", "attempt": 2, "duration_ms": 7, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (89, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-f9ef-7ea2-b1fa-68e16463ed4d', 'step.started', '2026-11-28 13:43:58.191991+00', '{"step": "mark", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (90, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-f9ef-7ea2-b1fa-68e16463ed4d', 'step.completed', '2026-11-28 13:43:58.198548+00', '{"step": "mark", "attempt": 1, "duration_ms": 7, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (91, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-f9f6-7a30-bd0a-b89904c87c16', 'step.started', '2026-11-28 13:43:58.198686+00', '{"step": "turn", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (92, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-f9f6-7a30-bd0a-b89904c87c16', 'step.completed', '2026-11-28 13:43:58.208027+00', '{"step": "turn", "attempt": 1, "duration_ms": 9, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (93, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa00-72d0-8aa0-cf4d1628e83e', 'step.started', '2026-11-28 13:43:58.208251+00', '{"step": "mark", "attempt": 2, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (94, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa00-72d0-8aa0-cf4d1628e83e', 'step.completed', '2026-11-28 13:43:58.214767+00', '{"step": "mark", "attempt": 2, "duration_ms": 6, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (95, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa06-7eb1-b328-9794b1130e94', 'step.started', '2026-11-28 13:43:58.215043+00', '{"step": "turn", "attempt": 2, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (96, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa06-7eb1-b328-9794b1130e94', 'step.completed', '2026-11-28 13:43:58.221766+00', '{"step": "turn", "attempt": 2, "duration_ms": 7, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (97, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa0d-7f15-9d77-6193a175d398', 'step.started', '2026-11-28 13:43:58.222018+00', '{"step": "mark", "attempt": 3, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (98, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa0d-7f15-9d77-6193a175d398', 'step.completed', '2026-11-28 13:43:58.228406+00', '{"step": "mark", "attempt": 3, "duration_ms": 6, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (99, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa14-78f4-8c69-2f2ab61c9ebc', 'step.started', '2026-11-28 13:43:58.228631+00', '{"step": "turn", "attempt": 3, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (100, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa14-78f4-8c69-2f2ab61c9ebc', 'step.completed', '2026-11-28 13:43:58.235267+00', '{"step": "turn", "attempt": 3, "duration_ms": 7, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (101, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa24-72ea-8d5d-9b6cb664059e', 'step.skipped', '2026-11-28 13:43:58.24433+00', '{"step": "left_out", "attempt": 1, "reason": "its `when` was false"}');
INSERT INTO public.core_workflow_events VALUES (102, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa24-765f-80bf-bae4b6353e40', 'step.started', '2026-11-28 13:43:58.244461+00', '{"step": "crossing", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (103, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa24-765f-80bf-bae4b6353e40', 'step.completed', '2026-11-28 13:43:58.250968+00', '{"step": "crossing", "attempt": 1, "duration_ms": 6, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (104, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa2b-7100-9325-385a1a4e9eaa', 'step.started', '2026-11-28 13:43:58.25121+00', '{"step": "cleanup", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (105, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa2b-7100-9325-385a1a4e9eaa', 'step.completed', '2026-11-28 13:43:58.259941+00', '{"step": "cleanup", "attempt": 1, "duration_ms": 9, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (106, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa34-70c5-b0f2-539cae13f1eb', 'step.started', '2026-11-28 13:43:58.260142+00', '{"step": "told", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (107, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', '01a22265-fa34-70c5-b0f2-539cae13f1eb', 'step.completed', '2026-11-28 13:43:58.26706+00', '{"step": "told", "attempt": 1, "duration_ms": 7, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (108, '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', NULL, 'run.completed', '2026-11-28 13:43:58.267419+00', '{"workflow": "retried", "domain": "", "outcome": null, "duration_ms": 126, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": null, "partition": {}}');
INSERT INTO public.core_workflow_events VALUES (109, '01a22265-fe38-7905-aa9f-805bbb1723b4', NULL, 'run.started', '2026-11-28 13:43:59.307597+00', '{"workflow": "partial", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:43:59.288620+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (110, '01a22265-fe38-7905-aa9f-805bbb1723b4', '01a22265-fe4c-7037-8783-681447726cb3', 'step.started', '2026-11-28 13:43:59.308087+00', '{"step": "read", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (111, '01a22265-fe38-7905-aa9f-805bbb1723b4', '01a22265-fe4c-7037-8783-681447726cb3', 'step.failed', '2026-11-28 13:43:59.321735+00', '{"step": "read", "attempt": 1, "duration_ms": 14, "row_count": null, "error": "line 3 of week 2026-W01 has 4 fields, not 5", "error_category": "PARSE"}');
INSERT INTO public.core_workflow_events VALUES (112, '01a22265-fe38-7905-aa9f-805bbb1723b4', '01a22265-fe59-7c90-90f2-19b630a5acb7', 'step.started', '2026-11-28 13:43:59.321836+00', '{"step": "after", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (113, '01a22265-fe38-7905-aa9f-805bbb1723b4', '01a22265-fe59-7c90-90f2-19b630a5acb7', 'step.completed', '2026-11-28 13:43:59.328072+00', '{"step": "after", "attempt": 1, "duration_ms": 6, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (114, '01a22265-fe38-7905-aa9f-805bbb1723b4', NULL, 'run.partial', '2026-11-28 13:43:59.32818+00', '{"workflow": "partial", "domain": "", "outcome": null, "duration_ms": 40, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": null, "partition": {}}');
INSERT INTO public.core_workflow_events VALUES (115, '01a22266-0312-7160-a1c5-b73d21c150f4', NULL, 'run.started', '2026-11-28 13:44:00.546689+00', '{"workflow": "crashed", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:00.530139+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (116, '01a22266-0312-7160-a1c5-b73d21c150f4', '01a22266-0323-74dc-852e-62ecee9dc7c4', 'step.started', '2026-11-28 13:44:00.547415+00', '{"step": "first", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (117, '01a22266-0312-7160-a1c5-b73d21c150f4', '01a22266-0323-74dc-852e-62ecee9dc7c4', 'step.completed', '2026-11-28 13:44:00.683607+00', '{"step": "first", "attempt": 1, "duration_ms": 136, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (118, '01a22266-0312-7160-a1c5-b73d21c150f4', '01a22266-03ab-7b02-ae61-180fa534b2aa', 'step.started', '2026-11-28 13:44:00.683777+00', '{"step": "second", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (119, '01a22266-0312-7160-a1c5-b73d21c150f4', '01a22266-03ab-7b02-ae61-180fa534b2aa', 'step.cancelled', '2026-11-28 13:44:01.523589+00', '{"step": "second", "attempt": 1}');
INSERT INTO public.core_workflow_events VALUES (120, '01a22266-0312-7160-a1c5-b73d21c150f4', NULL, 'run.crashed', '2026-11-28 13:44:01.52372+00', '{"workflow": "crashed", "domain": "", "outcome": null, "duration_ms": 994, "error": "the process that ran it died", "error_step": "second", "error_category": "ORCHESTRATION", "error_retryable": false, "parent_run_id": null, "partition": {}}');
INSERT INTO public.core_workflow_events VALUES (121, '01a22266-0d1c-7856-b9e2-8f0496ef231c', NULL, 'run.started', '2026-11-28 13:44:03.130879+00', '{"workflow": "cancelled", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:03.100599+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (122, '01a22266-0d1c-7856-b9e2-8f0496ef231c', '01a22266-0d3b-7df8-a06a-f88e62299fcc', 'step.started', '2026-11-28 13:44:03.131969+00', '{"step": "first", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (123, '01a22266-0d1c-7856-b9e2-8f0496ef231c', '01a22266-0d3b-7df8-a06a-f88e62299fcc', 'step.completed', '2026-11-28 13:44:03.280965+00', '{"step": "first", "attempt": 1, "duration_ms": 149, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (124, '01a22266-0d1c-7856-b9e2-8f0496ef231c', '01a22266-0dd1-7121-b887-e50b8987a883', 'step.started', '2026-11-28 13:44:03.281134+00', '{"step": "pause", "attempt": 1, "step_type": "wait"}');
INSERT INTO public.core_workflow_events VALUES (125, '01a22266-0d1c-7856-b9e2-8f0496ef231c', '01a22266-0dd1-7121-b887-e50b8987a883', 'step.waiting', '2026-11-28 13:44:03.299951+00', '{"step": "pause", "attempt": 1, "wake_at": "2036-11-25T13:44:03.298827+00:00"}');
INSERT INTO public.core_workflow_events VALUES (126, '01a22266-0d1c-7856-b9e2-8f0496ef231c', '01a22266-0dd1-7121-b887-e50b8987a883', 'step.cancelled', '2026-11-28 13:44:04.308725+00', '{"step": "pause", "attempt": 1}');
INSERT INTO public.core_workflow_events VALUES (127, '01a22266-0d1c-7856-b9e2-8f0496ef231c', NULL, 'run.cancelled', '2026-11-28 13:44:04.308815+00', '{"workflow": "cancelled", "domain": "", "outcome": null, "duration_ms": 1208, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": null, "partition": {}}');
INSERT INTO public.core_workflow_events VALUES (128, '01a22266-1675-716c-963b-6e3ef2c5811b', NULL, 'run.started', '2026-11-28 13:44:05.518816+00', '{"workflow": "patient", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:05.493173+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (129, '01a22266-1675-716c-963b-6e3ef2c5811b', '01a22266-168f-7751-b3a9-6ffbd1946926', 'step.started', '2026-11-28 13:44:05.519587+00', '{"step": "first", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (130, '01a22266-1675-716c-963b-6e3ef2c5811b', '01a22266-168f-7751-b3a9-6ffbd1946926', 'step.completed', '2026-11-28 13:44:05.631298+00', '{"step": "first", "attempt": 1, "duration_ms": 112, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (131, '01a22266-1675-716c-963b-6e3ef2c5811b', '01a22266-16ff-7682-8b67-9b53cfec54e4', 'step.started', '2026-11-28 13:44:05.631504+00', '{"step": "pause", "attempt": 1, "step_type": "wait"}');
INSERT INTO public.core_workflow_events VALUES (132, '01a22266-1675-716c-963b-6e3ef2c5811b', '01a22266-16ff-7682-8b67-9b53cfec54e4', 'step.waiting', '2026-11-28 13:44:05.651332+00', '{"step": "pause", "attempt": 1, "wake_at": "2036-11-25T13:44:05.650360+00:00"}');
INSERT INTO public.core_workflow_events VALUES (133, '01a22266-1728-7d66-87f7-033fce6b52c5', NULL, 'run.started', '2026-11-28 13:44:05.682812+00', '{"workflow": "parent", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:05.672960+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (134, '01a22266-1728-7d66-87f7-033fce6b52c5', '01a22266-1733-76dd-9a96-e26220d1ae5a', 'step.started', '2026-11-28 13:44:05.683544+00', '{"step": "before", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (135, '01a22266-1728-7d66-87f7-033fce6b52c5', '01a22266-1733-76dd-9a96-e26220d1ae5a', 'step.completed', '2026-11-28 13:44:05.688218+00', '{"step": "before", "attempt": 1, "duration_ms": 5, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (136, '01a22266-1728-7d66-87f7-033fce6b52c5', '01a22266-1738-7539-ba97-54759284fd05', 'step.started', '2026-11-28 13:44:05.688396+00', '{"step": "below", "attempt": 1, "step_type": "workflow"}');
INSERT INTO public.core_workflow_events VALUES (137, '01a22266-1742-71a3-af9a-b24b332fd7af', NULL, 'run.started', '2026-11-28 13:44:05.709338+00', '{"workflow": "child", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:05.698158+00:00", "parent_run_id": "01a22266-1728-7d66-87f7-033fce6b52c5"}');
INSERT INTO public.core_workflow_events VALUES (138, '01a22266-1742-71a3-af9a-b24b332fd7af', '01a22266-174d-77e1-9f6c-2f79d2cd1c57', 'step.started', '2026-11-28 13:44:05.709577+00', '{"step": "first", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (139, '01a22266-1742-71a3-af9a-b24b332fd7af', '01a22266-174d-77e1-9f6c-2f79d2cd1c57', 'step.completed', '2026-11-28 13:44:05.720738+00', '{"step": "first", "attempt": 1, "duration_ms": 11, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (140, '01a22266-1742-71a3-af9a-b24b332fd7af', '01a22266-1758-7cf1-a25f-22992edd896c', 'step.started', '2026-11-28 13:44:05.720845+00', '{"step": "pause", "attempt": 1, "step_type": "wait"}');
INSERT INTO public.core_workflow_events VALUES (141, '01a22266-1742-71a3-af9a-b24b332fd7af', '01a22266-1758-7cf1-a25f-22992edd896c', 'step.waiting', '2026-11-28 13:44:05.728649+00', '{"step": "pause", "attempt": 1, "wake_at": "2036-11-25T13:44:05.728099+00:00"}');
INSERT INTO public.core_workflow_events VALUES (142, '01a22266-1728-7d66-87f7-033fce6b52c5', '01a22266-1738-7539-ba97-54759284fd05', 'step.waiting', '2026-11-28 13:44:05.735981+00', '{"step": "below", "attempt": 1, "wake_at": "2036-11-25T13:44:05.728099+00:00"}');
INSERT INTO public.core_workflow_events VALUES (143, '01a22266-176e-7df7-87ac-14849c685cc4', NULL, 'run.started', '2026-11-28 13:44:05.75228+00', '{"workflow": "due_parent", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:05.742925+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (144, '01a22266-176e-7df7-87ac-14849c685cc4', '01a22266-1778-7ac0-9a3f-70fc839b31e4', 'step.started', '2026-11-28 13:44:05.752794+00', '{"step": "before", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (145, '01a22266-176e-7df7-87ac-14849c685cc4', '01a22266-1778-7ac0-9a3f-70fc839b31e4', 'step.completed', '2026-11-28 13:44:05.756652+00', '{"step": "before", "attempt": 1, "duration_ms": 4, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (146, '01a22266-176e-7df7-87ac-14849c685cc4', '01a22266-177c-7b89-ae94-fff3d2d33739', 'step.started', '2026-11-28 13:44:05.756761+00', '{"step": "below", "attempt": 1, "step_type": "workflow"}');
INSERT INTO public.core_workflow_events VALUES (147, '01a22266-1783-74c5-9d6f-f98e11eb6f58', NULL, 'run.started', '2026-11-28 13:44:05.773576+00', '{"workflow": "due_child", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:05.763363+00:00", "parent_run_id": "01a22266-176e-7df7-87ac-14849c685cc4"}');
INSERT INTO public.core_workflow_events VALUES (148, '01a22266-1783-74c5-9d6f-f98e11eb6f58', '01a22266-178d-7b23-a23c-7e0c4fe362c6', 'step.started', '2026-11-28 13:44:05.773755+00', '{"step": "first", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (149, '01a22266-1783-74c5-9d6f-f98e11eb6f58', '01a22266-178d-7b23-a23c-7e0c4fe362c6', 'step.completed', '2026-11-28 13:44:05.783539+00', '{"step": "first", "attempt": 1, "duration_ms": 10, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (150, '01a22266-1783-74c5-9d6f-f98e11eb6f58', '01a22266-1797-7a7d-bd44-3f078980c424', 'step.started', '2026-11-28 13:44:05.783707+00', '{"step": "pause", "attempt": 1, "step_type": "wait"}');
INSERT INTO public.core_workflow_events VALUES (151, '01a22266-1783-74c5-9d6f-f98e11eb6f58', '01a22266-1797-7a7d-bd44-3f078980c424', 'step.waiting', '2026-11-28 13:44:05.792765+00', '{"step": "pause", "attempt": 1, "wake_at": "2026-11-28T13:45:05.791687+00:00"}');
INSERT INTO public.core_workflow_events VALUES (152, '01a22266-176e-7df7-87ac-14849c685cc4', '01a22266-177c-7b89-ae94-fff3d2d33739', 'step.waiting', '2026-11-28 13:44:05.803009+00', '{"step": "below", "attempt": 1, "wake_at": "2026-11-28T13:45:05.791687+00:00"}');
INSERT INTO public.core_workflow_events VALUES (153, '01a22266-17b6-7232-bfff-595cf8f6f2f0', NULL, 'run.started', '2026-11-28 13:44:05.826326+00', '{"workflow": "due_fan", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:05.814206+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (154, '01a22266-17b6-7232-bfff-595cf8f6f2f0', '01a22266-17c2-7e8b-9ae3-689f24228efd', 'step.started', '2026-11-28 13:44:05.827025+00', '{"step": "before", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (155, '01a22266-17b6-7232-bfff-595cf8f6f2f0', '01a22266-17c2-7e8b-9ae3-689f24228efd', 'step.completed', '2026-11-28 13:44:05.830712+00', '{"step": "before", "attempt": 1, "duration_ms": 4, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (156, '01a22266-17b6-7232-bfff-595cf8f6f2f0', '01a22266-17c6-7c5e-88ce-80875053af9f', 'step.started', '2026-11-28 13:44:05.830807+00', '{"step": "both", "attempt": 1, "step_type": "parallel"}');
INSERT INTO public.core_workflow_events VALUES (157, '01a22266-17d0-7d75-b5b6-27fbf5f59bd0', NULL, 'run.started', '2026-11-28 13:44:05.862635+00', '{"workflow": "due_fan.both.left", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:05.841877+00:00", "parent_run_id": "01a22266-17b6-7232-bfff-595cf8f6f2f0"}');
INSERT INTO public.core_workflow_events VALUES (158, '01a22266-17d0-7d75-b5b6-27fbf5f59bd0', '01a22266-17e6-7cc7-bed2-2125c77583c3', 'step.started', '2026-11-28 13:44:05.86288+00', '{"step": "at_once", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (159, '01a22266-17d5-7d58-a1bf-9997f7457eae', NULL, 'run.started', '2026-11-28 13:44:05.867267+00', '{"workflow": "due_fan.both.right", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:05.845901+00:00", "parent_run_id": "01a22266-17b6-7232-bfff-595cf8f6f2f0"}');
INSERT INTO public.core_workflow_events VALUES (160, '01a22266-17d5-7d58-a1bf-9997f7457eae', '01a22266-17eb-76bb-88d6-28a725fb7177', 'step.started', '2026-11-28 13:44:05.867491+00', '{"step": "begin", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (161, '01a22266-17d0-7d75-b5b6-27fbf5f59bd0', '01a22266-17e6-7cc7-bed2-2125c77583c3', 'step.completed', '2026-11-28 13:44:05.871453+00', '{"step": "at_once", "attempt": 1, "duration_ms": 9, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (162, '01a22266-17d0-7d75-b5b6-27fbf5f59bd0', '01a22266-17ef-78b1-b31b-238752cb1c71', 'step.started', '2026-11-28 13:44:05.872342+00', '{"step": "and_more", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (163, '01a22266-17d5-7d58-a1bf-9997f7457eae', '01a22266-17eb-76bb-88d6-28a725fb7177', 'step.completed', '2026-11-28 13:44:05.877722+00', '{"step": "begin", "attempt": 1, "duration_ms": 10, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (164, '01a22266-17d5-7d58-a1bf-9997f7457eae', '01a22266-17f5-7d09-b0f5-4dff23c8f485', 'step.started', '2026-11-28 13:44:05.877888+00', '{"step": "pause", "attempt": 1, "step_type": "wait"}');
INSERT INTO public.core_workflow_events VALUES (165, '01a22266-17d0-7d75-b5b6-27fbf5f59bd0', '01a22266-17ef-78b1-b31b-238752cb1c71', 'step.completed', '2026-11-28 13:44:05.879194+00', '{"step": "and_more", "attempt": 1, "duration_ms": 7, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (166, '01a22266-17d0-7d75-b5b6-27fbf5f59bd0', NULL, 'run.completed', '2026-11-28 13:44:05.879356+00', '{"workflow": "due_fan.both.left", "domain": "", "outcome": null, "duration_ms": 37, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": "01a22266-17b6-7232-bfff-595cf8f6f2f0", "partition": {}}');
INSERT INTO public.core_workflow_events VALUES (167, '01a22266-17d5-7d58-a1bf-9997f7457eae', '01a22266-17f5-7d09-b0f5-4dff23c8f485', 'step.waiting', '2026-11-28 13:44:05.889298+00', '{"step": "pause", "attempt": 1, "wake_at": "2026-11-28T13:45:05.886978+00:00"}');
INSERT INTO public.core_workflow_events VALUES (168, '01a22266-17b6-7232-bfff-595cf8f6f2f0', '01a22266-17c6-7c5e-88ce-80875053af9f', 'step.waiting', '2026-11-28 13:44:05.911078+00', '{"step": "both", "attempt": 1, "wake_at": "2026-11-28T13:45:05.886978+00:00"}');
INSERT INTO public.core_workflow_events VALUES (169, '01a22266-1820-7978-89a4-bc78a1bdb9cd', NULL, 'run.started', '2026-11-28 13:44:05.928966+00', '{"workflow": "due_map", "domain": "", "params": {"numbers": [1, 2]}, "partition": {}, "started_at": "2026-11-28T13:44:05.920640+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (170, '01a22266-1820-7978-89a4-bc78a1bdb9cd', '01a22266-1829-7648-9559-251cae105971', 'step.started', '2026-11-28 13:44:05.929491+00', '{"step": "each", "attempt": 1, "step_type": "map"}');
INSERT INTO public.core_workflow_events VALUES (171, '01a22266-183e-75ef-bd31-9430134f1f0e', NULL, 'run.started', '2026-11-28 13:44:05.962856+00', '{"workflow": "due_child", "domain": "", "params": {"numbers": [1, 2], "item": 2}, "partition": {}, "started_at": "2026-11-28T13:44:05.950444+00:00", "parent_run_id": "01a22266-1820-7978-89a4-bc78a1bdb9cd"}');
INSERT INTO public.core_workflow_events VALUES (172, '01a22266-183e-75ef-bd31-9430134f1f0e', '01a22266-184a-7f93-b418-459f9a8c2f38', 'step.started', '2026-11-28 13:44:05.963088+00', '{"step": "first", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (173, '01a22266-1840-778a-bd3b-ee92a3b6e8ab', NULL, 'run.started', '2026-11-28 13:44:05.96868+00', '{"workflow": "due_child", "domain": "", "params": {"numbers": [1, 2], "item": 1}, "partition": {}, "started_at": "2026-11-28T13:44:05.952567+00:00", "parent_run_id": "01a22266-1820-7978-89a4-bc78a1bdb9cd"}');
INSERT INTO public.core_workflow_events VALUES (174, '01a22266-1840-778a-bd3b-ee92a3b6e8ab', '01a22266-1850-7c88-a0d5-a9aaabec5359', 'step.started', '2026-11-28 13:44:05.968846+00', '{"step": "first", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (175, '01a22266-1840-778a-bd3b-ee92a3b6e8ab', '01a22266-1850-7c88-a0d5-a9aaabec5359', 'step.completed', '2026-11-28 13:44:05.981601+00', '{"step": "first", "attempt": 1, "duration_ms": 13, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (176, '01a22266-1840-778a-bd3b-ee92a3b6e8ab', '01a22266-185d-7a99-b393-06ed342f97e3', 'step.started', '2026-11-28 13:44:05.981748+00', '{"step": "pause", "attempt": 1, "step_type": "wait"}');
INSERT INTO public.core_workflow_events VALUES (177, '01a22266-183e-75ef-bd31-9430134f1f0e', '01a22266-184a-7f93-b418-459f9a8c2f38', 'step.completed', '2026-11-28 13:44:05.982299+00', '{"step": "first", "attempt": 1, "duration_ms": 19, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (178, '01a22266-183e-75ef-bd31-9430134f1f0e', '01a22266-185e-7594-a035-7f0fac482408', 'step.started', '2026-11-28 13:44:05.982418+00', '{"step": "pause", "attempt": 1, "step_type": "wait"}');
INSERT INTO public.core_workflow_events VALUES (179, '01a22266-1840-778a-bd3b-ee92a3b6e8ab', '01a22266-185d-7a99-b393-06ed342f97e3', 'step.waiting', '2026-11-28 13:44:05.991444+00', '{"step": "pause", "attempt": 1, "wake_at": "2026-11-28T13:45:05.990346+00:00"}');
INSERT INTO public.core_workflow_events VALUES (180, '01a22266-183e-75ef-bd31-9430134f1f0e', '01a22266-185e-7594-a035-7f0fac482408', 'step.waiting', '2026-11-28 13:44:05.991811+00', '{"step": "pause", "attempt": 1, "wake_at": "2026-11-28T13:45:05.990404+00:00"}');
INSERT INTO public.core_workflow_events VALUES (181, '01a22266-1820-7978-89a4-bc78a1bdb9cd', '01a22266-1829-7648-9559-251cae105971', 'step.waiting', '2026-11-28 13:44:06.00773+00', '{"step": "each", "attempt": 1, "wake_at": "2026-11-28T13:45:05.990346+00:00"}');
INSERT INTO public.core_workflow_events VALUES (182, '01a22266-1cd4-7705-bd86-3ae1fc3f2c2c', NULL, 'run.started', '2026-11-28 13:44:07.152407+00', '{"workflow": "interrupted", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:07.124491+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (183, '01a22266-1cd4-7705-bd86-3ae1fc3f2c2c', '01a22266-1cf0-7e62-aa26-3cce1b9e5aca', 'step.started', '2026-11-28 13:44:07.153033+00', '{"step": "first", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (184, '01a22266-1cd4-7705-bd86-3ae1fc3f2c2c', '01a22266-1cf0-7e62-aa26-3cce1b9e5aca', 'step.completed', '2026-11-28 13:44:07.288169+00', '{"step": "first", "attempt": 1, "duration_ms": 135, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (185, '01a22266-1cd4-7705-bd86-3ae1fc3f2c2c', '01a22266-1d78-73f2-b7a7-d9caafa9b2c9', 'step.started', '2026-11-28 13:44:07.288289+00', '{"step": "second", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (186, '01a22266-20be-72c0-8986-e97c9352b821', NULL, 'run.started', '2026-11-28 13:44:08.146323+00', '{"workflow": "interrupted_map", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:08.126226+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (187, '01a22266-20be-72c0-8986-e97c9352b821', '01a22266-20d2-7dff-a405-224bcbe2827a', 'step.started', '2026-11-28 13:44:08.146992+00', '{"step": "six", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (188, '01a22266-20be-72c0-8986-e97c9352b821', '01a22266-20d2-7dff-a405-224bcbe2827a', 'step.completed', '2026-11-28 13:44:08.159796+00', '{"step": "six", "attempt": 1, "duration_ms": 13, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (189, '01a22266-20be-72c0-8986-e97c9352b821', '01a22266-20df-7e48-8319-88f567785d15', 'step.started', '2026-11-28 13:44:08.159952+00', '{"step": "each", "attempt": 1, "step_type": "map"}');
INSERT INTO public.core_workflow_events VALUES (190, '01a22266-2d39-77eb-bff8-338c55aa4608', NULL, 'run.started', '2026-11-28 13:44:11.348641+00', '{"workflow": "interrupted_parent", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:11.321564+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (191, '01a22266-2d39-77eb-bff8-338c55aa4608', '01a22266-2d55-7314-94b7-5934fdb9fee5', 'step.started', '2026-11-28 13:44:11.349316+00', '{"step": "before", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (192, '01a22266-2d39-77eb-bff8-338c55aa4608', '01a22266-2d55-7314-94b7-5934fdb9fee5', 'step.completed', '2026-11-28 13:44:11.360676+00', '{"step": "before", "attempt": 1, "duration_ms": 11, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (193, '01a22266-2d39-77eb-bff8-338c55aa4608', '01a22266-2d60-7c48-b116-556c25f6e8e9', 'step.started', '2026-11-28 13:44:11.360824+00', '{"step": "below", "attempt": 1, "step_type": "workflow"}');
INSERT INTO public.core_workflow_events VALUES (194, '01a22266-2d6d-74b8-bacd-eee39633689b', NULL, 'run.started', '2026-11-28 13:44:11.389849+00', '{"workflow": "interrupted_child", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:11.373380+00:00", "parent_run_id": "01a22266-2d39-77eb-bff8-338c55aa4608"}');
INSERT INTO public.core_workflow_events VALUES (195, '01a22266-2d6d-74b8-bacd-eee39633689b', '01a22266-2d7d-7fc9-8636-6aaaf83902d5', 'step.started', '2026-11-28 13:44:11.390051+00', '{"step": "first", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (196, '01a22266-2d6d-74b8-bacd-eee39633689b', '01a22266-2d7d-7fc9-8636-6aaaf83902d5', 'step.completed', '2026-11-28 13:44:11.516682+00', '{"step": "first", "attempt": 1, "duration_ms": 127, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (197, '01a22266-2d6d-74b8-bacd-eee39633689b', '01a22266-2dfc-7ca6-8cdc-f51894f3dedf', 'step.started', '2026-11-28 13:44:11.51684+00', '{"step": "second", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (198, '01a22266-3254-7326-a123-3ed16f88b228', NULL, 'run.started', '2026-11-28 13:44:12.656903+00', '{"workflow": "interrupted_path", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:12.628265+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (199, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-3271-7c0c-9d52-fa277bf17ed9', 'step.started', '2026-11-28 13:44:12.657845+00', '{"step": "start", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (200, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-3271-7c0c-9d52-fa277bf17ed9', 'step.completed', '2026-11-28 13:44:12.672208+00', '{"step": "start", "attempt": 1, "duration_ms": 14, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (201, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-3280-7504-8053-bee26517f239', 'step.started', '2026-11-28 13:44:12.672368+00', '{"step": "flaky", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (202, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-3280-7504-8053-bee26517f239', 'step.retrying', '2026-11-28 13:44:12.684784+00', '{"step": "flaky", "attempt": 1, "duration_ms": 12, "row_count": null, "error": "the first attempt always fails", "error_category": "NETWORK", "retry_in": 0.0}');
INSERT INTO public.core_workflow_events VALUES (203, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-3294-7901-b7d2-44b2c4dc9326', 'step.started', '2026-11-28 13:44:12.692667+00', '{"step": "flaky", "attempt": 2, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (204, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-3294-7901-b7d2-44b2c4dc9326', 'step.completed', '2026-11-28 13:44:12.6994+00', '{"step": "flaky", "attempt": 2, "duration_ms": 7, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (205, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-329b-7801-8a53-968f31d907aa', 'step.started', '2026-11-28 13:44:12.699563+00', '{"step": "mark", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (206, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-329b-7801-8a53-968f31d907aa', 'step.completed', '2026-11-28 13:44:12.708629+00', '{"step": "mark", "attempt": 1, "duration_ms": 9, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (207, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32a4-7b7c-9fd7-29cda0b6110c', 'step.started', '2026-11-28 13:44:12.708773+00', '{"step": "turn", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (208, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32a4-7b7c-9fd7-29cda0b6110c', 'step.completed', '2026-11-28 13:44:12.71809+00', '{"step": "turn", "attempt": 1, "duration_ms": 9, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (209, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32ae-7327-8c0d-c6bde56d5996', 'step.started', '2026-11-28 13:44:12.718248+00', '{"step": "mark", "attempt": 2, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (210, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32ae-7327-8c0d-c6bde56d5996', 'step.completed', '2026-11-28 13:44:12.7283+00', '{"step": "mark", "attempt": 2, "duration_ms": 10, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (211, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32b8-76ec-a23c-37bbbbf52220', 'step.started', '2026-11-28 13:44:12.728497+00', '{"step": "turn", "attempt": 2, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (212, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32b8-76ec-a23c-37bbbbf52220', 'step.completed', '2026-11-28 13:44:12.736631+00', '{"step": "turn", "attempt": 2, "duration_ms": 8, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (213, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32c0-7d4b-8117-4a4826144ad8', 'step.started', '2026-11-28 13:44:12.736908+00', '{"step": "mark", "attempt": 3, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (214, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32c0-7d4b-8117-4a4826144ad8', 'step.completed', '2026-11-28 13:44:12.748449+00', '{"step": "mark", "attempt": 3, "duration_ms": 12, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (215, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32cc-7906-8bb1-f18c05ec5ecc', 'step.started', '2026-11-28 13:44:12.748619+00', '{"step": "turn", "attempt": 3, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (216, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32cc-7906-8bb1-f18c05ec5ecc', 'step.completed', '2026-11-28 13:44:12.757814+00', '{"step": "turn", "attempt": 3, "duration_ms": 9, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (217, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32dc-7160-808f-d8f68e881c08', 'step.skipped', '2026-11-28 13:44:12.764211+00', '{"step": "left_out", "attempt": 1, "reason": "its `when` was false"}');
INSERT INTO public.core_workflow_events VALUES (218, '01a22266-3254-7326-a123-3ed16f88b228', '01a22266-32dc-745c-adbe-83135d5c3eb6', 'step.started', '2026-11-28 13:44:12.764322+00', '{"step": "crossing", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (219, '01a22266-369b-7898-b4ce-0a9048e788b7', NULL, 'run.started', '2026-11-28 13:44:13.748869+00', '{"workflow": "parked", "domain": "", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:13.723591+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (220, '01a22266-369b-7898-b4ce-0a9048e788b7', '01a22266-36b5-7b68-8d6e-fec077218de7', 'step.started', '2026-11-28 13:44:13.749803+00', '{"step": "first", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (221, '01a22266-369b-7898-b4ce-0a9048e788b7', '01a22266-36b5-7b68-8d6e-fec077218de7', 'step.completed', '2026-11-28 13:44:13.901892+00', '{"step": "first", "attempt": 1, "duration_ms": 152, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (222, '01a22266-369b-7898-b4ce-0a9048e788b7', '01a22266-374e-703c-a950-922e2387cabb', 'step.started', '2026-11-28 13:44:13.902089+00', '{"step": "second", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (223, '01a22266-369b-7898-b4ce-0a9048e788b7', '01a22266-374e-703c-a950-922e2387cabb', 'step.completed', '2026-11-28 13:44:13.922603+00', '{"step": "second", "attempt": 1, "duration_ms": 20, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (224, '01a22266-369b-7898-b4ce-0a9048e788b7', NULL, 'run.parked', '2026-11-28 13:44:13.92276+00', '{"workflow": "parked"}');
INSERT INTO public.core_workflow_events VALUES (225, '01a22266-416b-7613-bd6f-0619c10ed645', NULL, 'run.started', '2026-11-28 13:44:16.521294+00', '{"workflow": "recovered", "domain": "", "params": {"good": false}, "partition": {}, "started_at": "2026-11-28T13:44:16.491457+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (226, '01a22266-416b-7613-bd6f-0619c10ed645', '01a22266-418a-738a-88a3-989cfa84c271', 'step.started', '2026-11-28 13:44:16.522318+00', '{"step": "read", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (227, '01a22266-416b-7613-bd6f-0619c10ed645', '01a22266-418a-738a-88a3-989cfa84c271', 'step.failed', '2026-11-28 13:44:16.538037+00', '{"step": "read", "attempt": 1, "duration_ms": 16, "row_count": null, "error": "line 3 of week 2026-W01 has 4 fields, not 5", "error_category": "PARSE"}');
INSERT INTO public.core_workflow_events VALUES (228, '01a22266-416b-7613-bd6f-0619c10ed645', NULL, 'run.failed', '2026-11-28 13:44:16.538142+00', '{"workflow": "recovered", "domain": "", "outcome": null, "duration_ms": 47, "error": "line 3 of week 2026-W01 has 4 fields, not 5", "error_step": "read", "error_category": "PARSE", "error_retryable": false, "parent_run_id": null, "partition": {}}');
INSERT INTO public.core_workflow_events VALUES (229, '01a22266-47f3-758a-bed1-7c67d493c3d7', NULL, 'run.started', '2026-11-28 13:44:18.183398+00', '{"workflow": "recovered", "domain": "", "params": {"good": true}, "partition": {}, "started_at": "2026-11-28T13:44:18.163420+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (230, '01a22266-47f3-758a-bed1-7c67d493c3d7', '01a22266-4807-7ea0-b011-89f7f17c8e0a', 'step.started', '2026-11-28 13:44:18.18403+00', '{"step": "read", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (231, '01a22266-47f3-758a-bed1-7c67d493c3d7', '01a22266-4807-7ea0-b011-89f7f17c8e0a', 'step.completed', '2026-11-28 13:44:18.195468+00', '{"step": "read", "attempt": 1, "duration_ms": 11, "row_count": null}');
INSERT INTO public.core_workflow_events VALUES (232, '01a22266-47f3-758a-bed1-7c67d493c3d7', NULL, 'run.completed', '2026-11-28 13:44:18.195599+00', '{"workflow": "recovered", "domain": "", "outcome": null, "duration_ms": 32, "error": null, "error_step": null, "error_category": null, "error_retryable": null, "parent_run_id": null, "partition": {}}');
INSERT INTO public.core_workflow_events VALUES (233, '01a22266-4cf2-7270-8177-c99ce16cfa55', NULL, 'run.started', '2026-11-28 13:44:19.460362+00', '{"workflow": "broken", "domain": "fixture.broken", "params": {}, "partition": {}, "started_at": "2026-11-28T13:44:19.442203+00:00", "parent_run_id": null}');
INSERT INTO public.core_workflow_events VALUES (234, '01a22266-4cf2-7270-8177-c99ce16cfa55', '01a22266-4d05-7048-99c1-c097f9a6d914', 'step.started', '2026-11-28 13:44:19.461113+00', '{"step": "read", "attempt": 1, "step_type": "lambda"}');
INSERT INTO public.core_workflow_events VALUES (235, '01a22266-4cf2-7270-8177-c99ce16cfa55', '01a22266-4d05-7048-99c1-c097f9a6d914', 'step.failed', '2026-11-28 13:44:19.472322+00', '{"step": "read", "attempt": 1, "duration_ms": 11, "row_count": null, "error": "line 3 of week 2026-W01 has 4 fields, not 5", "error_category": "PARSE"}');
INSERT INTO public.core_workflow_events VALUES (236, '01a22266-4cf2-7270-8177-c99ce16cfa55', NULL, 'run.failed', '2026-11-28 13:44:19.472414+00', '{"workflow": "broken", "domain": "fixture.broken", "outcome": null, "duration_ms": 30, "error": "line 3 of week 2026-W01 has 4 fields, not 5", "error_step": "read", "error_category": "PARSE", "error_retryable": false, "parent_run_id": null, "partition": {}}');

INSERT INTO public.core_workflow_items VALUES ('01a22266-20be-72c0-8986-e97c9352b821', 'each', 1, 0, 1, 'COMPLETED', '2026-11-28 13:44:08.184321+00', '2026-11-28 13:44:08.322966+00', '{"square": 100, "rows": 1}', NULL, NULL, NULL);
INSERT INTO public.core_workflow_items VALUES ('01a22266-20be-72c0-8986-e97c9352b821', 'each', 1, 1, 1, 'COMPLETED', '2026-11-28 13:44:08.185151+00', '2026-11-28 13:44:08.343316+00', '{"square": 121, "rows": 1}', NULL, NULL, NULL);
INSERT INTO public.core_workflow_items VALUES ('01a22266-20be-72c0-8986-e97c9352b821', 'each', 1, 2, 1, 'COMPLETED', '2026-11-28 13:44:08.322371+00', '2026-11-28 13:44:08.34335+00', '{"square": 144, "rows": 1}', NULL, NULL, NULL);

INSERT INTO public.core_workflow_runs VALUES ('01a22265-f54c-7846-87b2-6b37acfbb3b5', 'fetched', 1, '', '{}', 'COMPLETED', 'unchanged', '2026-11-28 13:43:57.004568+00', '2026-11-28 13:43:57.082713+00', 78, '{}', '{"fetch": {"reason": "nothing new"}}', NULL, NULL, NULL, NULL, 2, 1, 0, 1, 'cli', NULL, NULL, NULL, '5e584c08eb2514184414b6fe856d36363f7a1cd86654c4c1faa46fa5c75654f9', 'vm.5b35009b.4026531836/23521/150731', '2026-11-28 13:44:57.019667+00', '2026-11-28 13:43:57.009406+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22265-c672-70e3-985a-08a6a4242c42', 'slow', 1, '', '{}', 'WAITING', NULL, '2026-11-28 13:43:45.073719+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 4, 0, 0, 0, 'scheduler', NULL, '01a22265-c3fd-73e1-81c4-de69a355701d', NULL, 'def17b715c5963b36eb94a089094896d9060038bb7ae079de28af35b291b6adf', NULL, NULL, '2026-11-28 13:43:45.011668+00', 1, '2036-11-25 13:43:45.231542+00', NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22265-c671-75d1-9904-ff616a33e3fe', 'done', 1, 'fixture.weekly', '{"week": "2026-W04"}', 'COMPLETED', NULL, '2026-11-28 13:43:45.075006+00', '2026-11-28 13:43:45.257868+00', 183, '{"week": "2026-W04", "factor": 1}', '{"load": {"capture": "rows", "capture_id": "01a22265-c73d-7df8-b37d-2005f578b87b", "revision": 1, "record_count": 3, "unchanged": false}, "check": {"shares": 1200, "limit": 2000}, "route": {"condition": false, "next_step": "small"}, "small": {"number": 1}, "report": {"count": 4, "names": ["check", "load", "route", "small"]}}', NULL, NULL, NULL, NULL, 6, 5, 0, 1, 'scheduler', NULL, '01a22265-c3fd-71d4-98c5-0bd913bbad03', NULL, '542dbc4d04c68ce981ca5417018839aacdf723f6951fd781a0690112f6b8bc75', 'vm.5b35009b.4026531836/23427/149467', '2026-11-28 13:44:45.069013+00', '2026-11-28 13:43:45.011668+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22265-e633-7db3-885c-a7802f6a6d3b', 'done', 1, 'fixture.weekly', '{"week": "2026-W01"}', 'COMPLETED', NULL, '2026-11-28 13:43:53.139947+00', '2026-11-28 13:43:53.317803+00', 178, '{"week": "2026-W01", "factor": 1}', '{"load": {"capture": "rows", "capture_id": "01a22265-e6b4-709d-9515-6288e9c27503", "revision": 1, "record_count": 3, "unchanged": false}, "check": {"shares": 1200, "limit": 2000}, "route": {"condition": false, "next_step": "small"}, "small": {"number": 1}, "report": {"count": 4, "names": ["check", "load", "route", "small"]}}', NULL, NULL, NULL, NULL, 6, 5, 0, 1, 'cli', NULL, NULL, 'the first', '542dbc4d04c68ce981ca5417018839aacdf723f6951fd781a0690112f6b8bc75', 'vm.5b35009b.4026531836/23488/150353', '2026-11-28 13:44:53.157952+00', '2026-11-28 13:43:53.149587+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22265-ca5a-7027-969b-36fb6711ea04', 'done', 1, 'fixture.weekly', '{"week": "2026-W04"}', 'COMPLETED', NULL, '2026-11-28 13:43:46.03444+00', '2026-11-28 13:43:46.065348+00', 31, '{"week": "2026-W04", "factor": 1}', '{"load": {"capture": "rows", "capture_id": "01a22265-c73d-7df8-b37d-2005f578b87b", "revision": 1, "record_count": 3, "unchanged": true}, "check": {"shares": 1200, "limit": 2000}, "route": {"condition": false, "next_step": "small"}, "small": {"number": 1}, "report": {"count": 4, "names": ["check", "load", "route", "small"]}}', NULL, NULL, NULL, NULL, 6, 5, 0, 1, 'scheduler', NULL, '01a22265-c3fd-71d4-98c5-0bd913bbad03', NULL, '542dbc4d04c68ce981ca5417018839aacdf723f6951fd781a0690112f6b8bc75', 'vm.5b35009b.4026531836/23427/149467', '2026-11-28 13:44:46.031804+00', '2026-11-28 13:43:46.011718+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22265-e100-7869-8081-80476151ec18', 'done', 1, 'fixture.weekly', '{"week": "2026-W02"}', 'COMPLETED', NULL, '2026-11-28 13:43:51.84453+00', '2026-11-28 13:43:52.043955+00', 199, '{"week": "2026-W02", "factor": 1}', '{"load": {"capture": "rows", "capture_id": "01a22265-e1bf-76ee-a495-a11a53cfd66c", "revision": 1, "record_count": 3, "unchanged": false}, "check": {"shares": 1200, "limit": 2000}, "route": {"condition": false, "next_step": "small"}, "small": {"number": 1}, "report": {"count": 4, "names": ["check", "load", "route", "small"]}}', NULL, NULL, NULL, NULL, 6, 5, 0, 1, 'cli', NULL, '01a22265-c3f6-7918-8044-55300907dcc7', NULL, '542dbc4d04c68ce981ca5417018839aacdf723f6951fd781a0690112f6b8bc75', 'vm.5b35009b.4026531836/23475/150227', '2026-11-28 13:44:51.841677+00', '2026-11-28 13:43:51.812902+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22265-eb0b-75fe-afbb-f5485a793ea4', 'done', 1, 'fixture.weekly', '{"week": "2026-W01"}', 'COMPLETED', NULL, '2026-11-28 13:43:54.379441+00', '2026-11-28 13:43:54.521146+00', 142, '{"week": "2026-W01", "factor": 2}', '{"load": {"capture": "rows", "capture_id": "01a22265-eb7d-77e0-8373-fa0a5d730192", "revision": 2, "record_count": 3, "unchanged": false}, "check": {"shares": 2400, "limit": 2000}, "route": {"condition": true, "next_step": "large"}, "large": {"number": 1}, "report": {"count": 4, "names": ["check", "large", "load", "route"]}}', NULL, NULL, NULL, NULL, 6, 5, 0, 1, 'cli', NULL, NULL, NULL, '542dbc4d04c68ce981ca5417018839aacdf723f6951fd781a0690112f6b8bc75', 'vm.5b35009b.4026531836/23501/150475', '2026-11-28 13:44:54.392476+00', '2026-11-28 13:43:54.383864+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22265-eff3-74a0-8b23-2d6823770d91', 'fetched', 1, '', '{}', 'COMPLETED', NULL, '2026-11-28 13:43:55.635356+00', '2026-11-28 13:43:55.855442+00', 220, '{}', '{"fetch": {"capture": "numbers", "capture_id": "01a22265-f0bd-70ee-99d2-f40de08588ff", "revision": 1, "record_count": 2, "unchanged": false}, "after": {"number": 1}}', NULL, NULL, NULL, NULL, 2, 2, 0, 0, 'cli', NULL, NULL, NULL, '5e584c08eb2514184414b6fe856d36363f7a1cd86654c4c1faa46fa5c75654f9', 'vm.5b35009b.4026531836/23514/150597', '2026-11-28 13:44:55.652876+00', '2026-11-28 13:43:55.64372+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'retried', 1, '', '{}', 'COMPLETED', NULL, '2026-11-28 13:43:58.141789+00', '2026-11-28 13:43:58.2673+00', 126, '{}', '{"start": {"number": 7}, "flaky": {"number": 5}, "mark": {"number": 1}, "turn": {"rounds": 3}, "crossing": {"rounds": 3, "parameter": 3}, "cleanup": {"number": 1}, "told": {"count": 6, "names": ["cleanup", "crossing", "flaky", "mark", "start", "turn"]}}', NULL, NULL, NULL, NULL, 7, 7, 0, 1, 'cli', NULL, NULL, NULL, 'd6e2916dd6a116e38d95d2462272748ae3b17d13fe98c33bfc7b5907e7e323ec', 'vm.5b35009b.4026531836/23586/150854', '2026-11-28 13:44:58.153568+00', '2026-11-28 13:43:58.146354+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-1728-7d66-87f7-033fce6b52c5', 'parent', 1, '', '{}', 'WAITING', NULL, '2026-11-28 13:44:05.67296+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 3, 0, 0, 0, 'api', NULL, NULL, NULL, 'bfe45f2c9d8f78b4193ae26448abcf63233c252b23ddd2b18090a811598a0303', NULL, NULL, '2026-11-28 13:44:05.677051+00', 1, '2036-11-25 13:44:05.728099+00', NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22265-fe38-7905-aa9f-805bbb1723b4', 'partial', 1, '', '{}', 'PARTIAL', NULL, '2026-11-28 13:43:59.28862+00', '2026-11-28 13:43:59.328134+00', 40, '{}', '{"after": {"number": 1}}', NULL, NULL, NULL, NULL, 2, 1, 1, 0, 'cli', NULL, NULL, NULL, '578d3e69dbff5ebfe3fe7993b24b412fe96d2949ea34bff38056c4b9cc1e8e1a', 'vm.5b35009b.4026531836/23604/150981', '2026-11-28 13:44:59.302467+00', '2026-11-28 13:43:59.294409+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-0d1c-7856-b9e2-8f0496ef231c', 'cancelled', 1, '', '{}', 'CANCELLED', NULL, '2026-11-28 13:44:03.100599+00', '2026-11-28 13:44:04.308775+00', 1208, '{}', '{"first": {"number": 7, "rows": 2}}', NULL, NULL, NULL, NULL, 4, 1, 0, 0, 'api', NULL, NULL, NULL, '3f30f4ee6039d126de26308a878136a2bcab132997f745c3daf532bcb184b7f2', 'vm.5b35009b.4026531836/23642/151474', '2026-11-28 13:45:04.30339+00', '2026-11-28 13:44:03.111928+00', 2, NULL, '2026-11-28 13:44:04.299463+00', '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-0312-7160-a1c5-b73d21c150f4', 'crashed', 1, '', '{}', 'CRASHED', NULL, '2026-11-28 13:44:00.530139+00', '2026-11-28 13:44:01.523656+00', 994, '{}', '{"first": {"number": 7, "rows": 2}}', 'the process that ran it died', 'second', 'ORCHESTRATION', false, 3, 1, 0, 0, 'cli', NULL, NULL, NULL, '9109444749814695f56356cd755f442c6d3072ca38a3823e831cfa2653d2a65b', 'vm.5b35009b.4026531836/23623/151194', '2026-11-28 13:45:01.515371+00', '2026-11-28 13:44:00.535527+00', 2, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-1675-716c-963b-6e3ef2c5811b', 'patient', 1, '', '{}', 'WAITING', NULL, '2026-11-28 13:44:05.493173+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 4, 0, 0, 0, 'api', NULL, NULL, NULL, 'b88e7c4f86024ff56721204fd703a4837fe920d905f11d25f59ca6559f40da7b', NULL, NULL, '2026-11-28 13:44:05.500437+00', 1, '2036-11-25 13:44:05.65036+00', NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-1742-71a3-af9a-b24b332fd7af', 'child', 1, '', '{}', 'WAITING', NULL, '2026-11-28 13:44:05.698158+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 4, 0, 0, 0, 'api', '01a22266-1728-7d66-87f7-033fce6b52c5', NULL, 'child:9a3dbeefed48e2746dc0afe7d8c0f1b59937a913a601c42d050f1a1df3bdd8cf', '9a1a4557d35ee24cdc2f0d780b59a5b3c28ef55a258f92c22664b3f3af2cd42a', NULL, NULL, '2026-11-28 13:44:05.702943+00', 1, '2036-11-25 13:44:05.728099+00', NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-176e-7df7-87ac-14849c685cc4', 'due_parent', 1, '', '{}', 'WAITING', NULL, '2026-11-28 13:44:05.742925+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 3, 0, 0, 0, 'api', NULL, NULL, NULL, 'dae642af8b6072464aa7c21f9a8f8061115333ce1e07abb81022a23da611605c', NULL, NULL, '2026-11-28 13:44:05.746611+00', 1, '2026-11-28 13:45:05.791687+00', NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-1783-74c5-9d6f-f98e11eb6f58', 'due_child', 1, '', '{}', 'WAITING', NULL, '2026-11-28 13:44:05.763363+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 4, 0, 0, 0, 'api', '01a22266-176e-7df7-87ac-14849c685cc4', NULL, 'child:51ac7742eda5497cd1af2b6f2986112307c3acf0994b3fe30696378fd769077d', '1c98c79a94cf075a8e133399b53a804b65a8b7551470c364ee7feeb91c9afa07', NULL, NULL, '2026-11-28 13:44:05.767524+00', 1, '2026-11-28 13:45:05.791687+00', NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-1840-778a-bd3b-ee92a3b6e8ab', 'due_child', 1, '', '{}', 'WAITING', NULL, '2026-11-28 13:44:05.952567+00', NULL, NULL, '{"numbers": [1, 2], "item": 1}', '{}', NULL, NULL, NULL, NULL, 4, 0, 0, 0, 'api', '01a22266-1820-7978-89a4-bc78a1bdb9cd', NULL, 'child:ba60f09baea6de4fd86d7f9afbf56368bc716e5686ccc5656d7947a1a26a7056', '1c98c79a94cf075a8e133399b53a804b65a8b7551470c364ee7feeb91c9afa07', NULL, NULL, '2026-11-28 13:44:05.959757+00', 1, '2026-11-28 13:45:05.990346+00', NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-17d0-7d75-b5b6-27fbf5f59bd0', 'due_fan.both.left', 1, '', '{}', 'COMPLETED', NULL, '2026-11-28 13:44:05.841877+00', '2026-11-28 13:44:05.8793+00', 37, '{}', '{"before": {"number": 1}, "at_once": {"number": 1}, "and_more": {"number": 1}}', NULL, NULL, NULL, NULL, 2, 2, 0, 0, 'api', '01a22266-17b6-7232-bfff-595cf8f6f2f0', NULL, 'child:8811a1634f06fc9a53cbef86190b438393ebb9a819631ff35cf7737a17c9a9e2', 'ae5feaf97bb471b611f14bd574ee57f28322fabd8dd7b3ea3fc839fa78c7cff8', 'vm.5b35009b.4026531836/23644/151574', '2026-11-28 13:45:05.857585+00', '2026-11-28 13:44:05.85101+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-17d5-7d58-a1bf-9997f7457eae', 'due_fan.both.right', 1, '', '{}', 'WAITING', NULL, '2026-11-28 13:44:05.845901+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 3, 0, 0, 0, 'api', '01a22266-17b6-7232-bfff-595cf8f6f2f0', NULL, 'child:76cc73134d4dd1b1aa2256c5285757a29c37ec46f18abb4ad52ff9c01122ea11', '164b8c17dedac9a3b654f7abf4a28256cd4f0d9b3b5010c89a736f1ec7bbddfe', NULL, NULL, '2026-11-28 13:44:05.855812+00', 1, '2026-11-28 13:45:05.886978+00', NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-17b6-7232-bfff-595cf8f6f2f0', 'due_fan', 1, '', '{}', 'WAITING', NULL, '2026-11-28 13:44:05.814206+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 3, 0, 0, 0, 'api', NULL, NULL, NULL, '1f83e836c260687b496ad591e7cdb00dfa5aeb5163d460815f9d2d06d71e8251', NULL, NULL, '2026-11-28 13:44:05.819025+00', 1, '2026-11-28 13:45:05.886978+00', NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-2d6d-74b8-bacd-eee39633689b', 'interrupted_child', 1, '', '{}', 'RUNNING', NULL, '2026-11-28 13:44:11.37338+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 3, 0, 0, 0, 'cli', '01a22266-2d39-77eb-bff8-338c55aa4608', NULL, 'child:31a0402dded520a518a167fc47cb9566fda703de371ea56f1ffd582e65d9e378', '2c8894eec6d55f908b05e97981cd90f82473e89b0fa11044bb6abef9db6440ae', 'vm.5b35009b.4026531836/23675/152157', '2026-11-28 13:45:11.386846+00', '2026-11-28 13:44:11.379538+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-183e-75ef-bd31-9430134f1f0e', 'due_child', 1, '', '{}', 'WAITING', NULL, '2026-11-28 13:44:05.950444+00', NULL, NULL, '{"numbers": [1, 2], "item": 2}', '{}', NULL, NULL, NULL, NULL, 4, 0, 0, 0, 'api', '01a22266-1820-7978-89a4-bc78a1bdb9cd', NULL, 'child:5475151ce49a512797335f4c228bfa2a2e100b129529fabebf731886cd88fe49', '1c98c79a94cf075a8e133399b53a804b65a8b7551470c364ee7feeb91c9afa07', NULL, NULL, '2026-11-28 13:44:05.954826+00', 1, '2026-11-28 13:45:05.990404+00', NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-1820-7978-89a4-bc78a1bdb9cd', 'due_map', 1, '', '{}', 'WAITING', NULL, '2026-11-28 13:44:05.92064+00', NULL, NULL, '{"numbers": [1, 2]}', '{}', NULL, NULL, NULL, NULL, 2, 0, 0, 0, 'api', NULL, NULL, NULL, '3c413967319ee58f36f41d2520462ffa1718f5f995f2b77e80f833669dfdc4bb', NULL, NULL, '2026-11-28 13:44:05.924039+00', 1, '2026-11-28 13:45:05.990346+00', NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-1cd4-7705-bd86-3ae1fc3f2c2c', 'interrupted', 1, '', '{}', 'RUNNING', NULL, '2026-11-28 13:44:07.124491+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 3, 0, 0, 0, 'cli', NULL, NULL, NULL, 'dfae26717113cbd63d4e3a6acd85850e57b13f3f7a35cccf2c9b59ca80e5fa73', 'vm.5b35009b.4026531836/23657/151752', '2026-11-28 13:45:07.147915+00', '2026-11-28 13:44:07.129876+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-3254-7326-a123-3ed16f88b228', 'interrupted_path', 1, '', '{}', 'RUNNING', NULL, '2026-11-28 13:44:12.628265+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 7, 0, 0, 0, 'cli', NULL, NULL, NULL, '3700856b86ce8245e33e2679a4d2454daecc5f28b13353cce26495ee3f7c7e12', 'vm.5b35009b.4026531836/23684/152279', '2026-11-28 13:45:12.649892+00', '2026-11-28 13:44:12.636556+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-20be-72c0-8986-e97c9352b821', 'interrupted_map', 1, '', '{}', 'RUNNING', NULL, '2026-11-28 13:44:08.126226+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 3, 0, 0, 0, 'cli', NULL, NULL, NULL, 'ad743f0aa7d09194ab26a32d43b39ae3160f65c79f6bfcad0fad2f9138c26983', 'vm.5b35009b.4026531836/23664/151854', '2026-11-28 13:45:10.153115+00', '2026-11-28 13:44:08.132849+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-2d39-77eb-bff8-338c55aa4608', 'interrupted_parent', 1, '', '{}', 'RUNNING', NULL, '2026-11-28 13:44:11.321564+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 3, 0, 0, 0, 'cli', NULL, NULL, NULL, '86bdd8ae116400b84368d62c364a0545d1dab2ed78ba53c683d65c332b71e294', 'vm.5b35009b.4026531836/23675/152157', '2026-11-28 13:45:11.342627+00', '2026-11-28 13:44:11.330821+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-369b-7898-b4ce-0a9048e788b7', 'parked', 1, '', '{}', 'PENDING', NULL, '2026-11-28 13:44:13.723591+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL, 3, 0, 0, 0, 'cli', NULL, NULL, NULL, 'de8dd4db3af926ee86467105e687f5e6741df7b403028e04328b1b188c5707e0', NULL, NULL, '2026-11-28 13:44:13.731341+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-416b-7613-bd6f-0619c10ed645', 'recovered', 1, '', '{}', 'FAILED', NULL, '2026-11-28 13:44:16.491457+00', '2026-11-28 13:44:16.538066+00', 47, '{"good": false}', '{}', 'line 3 of week 2026-W01 has 4 fields, not 5', 'read', 'PARSE', false, 1, 0, 1, 0, 'cli', NULL, NULL, NULL, '2896422d012ee996fec96ac7604f80ea53ecba0248a987afd46c60521d2de954', 'vm.5b35009b.4026531836/23707/152668', '2026-11-28 13:45:16.514997+00', '2026-11-28 13:44:16.502615+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-47f3-758a-bed1-7c67d493c3d7', 'recovered', 1, '', '{}', 'COMPLETED', NULL, '2026-11-28 13:44:18.16342+00', '2026-11-28 13:44:18.195544+00', 32, '{"good": true}', '{"read": {}}', NULL, NULL, NULL, NULL, 1, 1, 0, 0, 'cli', NULL, NULL, NULL, '2896422d012ee996fec96ac7604f80ea53ecba0248a987afd46c60521d2de954', 'vm.5b35009b.4026531836/23718/152841', '2026-11-28 13:45:18.178444+00', '2026-11-28 13:44:18.168156+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');
INSERT INTO public.core_workflow_runs VALUES ('01a22266-4cf2-7270-8177-c99ce16cfa55', 'broken', 1, 'fixture.broken', '{}', 'FAILED', NULL, '2026-11-28 13:44:19.442203+00', '2026-11-28 13:44:19.472348+00', 30, '{}', '{}', 'line 3 of week 2026-W01 has 4 fields, not 5', 'read', 'PARSE', false, 2, 0, 1, 0, 'cli', NULL, NULL, NULL, 'f35f4411f14ae78d4a90d085752cd117d38445ebbddcbe97347dad9666c0f448', 'vm.5b35009b.4026531836/23725/152973', '2026-11-28 13:45:19.455434+00', '2026-11-28 13:44:19.447739+00', 1, NULL, NULL, '{"context": {"dry_run": false}}');

INSERT INTO public.core_workflow_steps VALUES ('01a22265-c6ba-741b-afa0-ea95f83566ad', '01a22265-c672-70e3-985a-08a6a4242c42', 'first', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:43:45.082289+00', '2026-11-28 13:43:45.213283+00', 131, '{}', '{"number": 7, "rows": 2}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-c6b9-7044-959b-782b8753db7a', '01a22265-c671-75d1-9904-ff616a33e3fe', 'load', 'pipeline', 0, 1, 1, 'COMPLETED', '2026-11-28 13:43:45.081493+00', '2026-11-28 13:43:45.214092+00', 133, '{}', '{"capture": "rows", "capture_id": "01a22265-c73d-7df8-b37d-2005f578b87b", "revision": 1, "record_count": 3, "unchanged": false}', NULL, NULL, 3, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-c73d-768e-9362-43190aca2456', '01a22265-c672-70e3-985a-08a6a4242c42', 'pause', 'wait', 1, 1, 1, 'WAITING', '2026-11-28 13:43:45.213463+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{"wake_at": "2036-11-25T13:43:45.231542+00:00", "wait_state": {"since": "2026-11-28T13:43:45.231542+00:00", "until": "2036-11-25T13:43:45.231542+00:00"}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-c73e-7280-ba37-1a6bbd6fe9bc', '01a22265-c671-75d1-9904-ff616a33e3fe', 'check', 'lambda', 1, 1, 1, 'COMPLETED', '2026-11-28 13:43:45.214199+00', '2026-11-28 13:43:45.241312+00', 27, '{"limit": 2000}', '{"shares": 1200, "limit": 2000}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-c759-7723-9628-55025a373975', '01a22265-c671-75d1-9904-ff616a33e3fe', 'route', 'choice', 2, 1, 1, 'COMPLETED', '2026-11-28 13:43:45.241506+00', '2026-11-28 13:43:45.250497+00', 9, '{}', '{"condition": false, "next_step": "small"}', NULL, NULL, NULL, '{}', 1, 2, '{"next_step": "small"}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-c762-79b8-9d9f-dd363b6197a0', '01a22265-c671-75d1-9904-ff616a33e3fe', 'small', 'lambda', 4, 1, 1, 'COMPLETED', '2026-11-28 13:43:45.250628+00', '2026-11-28 13:43:45.254067+00', 3, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 3, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-c766-72a6-a037-44a9f7e31765', '01a22265-c671-75d1-9904-ff616a33e3fe', 'report', 'lambda', 5, 1, 1, 'COMPLETED', '2026-11-28 13:43:45.254184+00', '2026-11-28 13:43:45.257736+00', 4, '{}', '{"count": 4, "names": ["check", "load", "route", "small"]}', NULL, NULL, NULL, '{}', 1, 4, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-c769-7d5e-a1b8-659224443d9f', '01a22265-c671-75d1-9904-ff616a33e3fe', 'large', 'lambda', 3, 0, 0, 'SKIPPED', NULL, NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-ca75-731e-9fc8-37ced5f4709f', '01a22265-ca5a-7027-969b-36fb6711ea04', 'load', 'pipeline', 0, 1, 1, 'COMPLETED', '2026-11-28 13:43:46.037241+00', '2026-11-28 13:43:46.046476+00', 9, '{}', '{"capture": "rows", "capture_id": "01a22265-c73d-7df8-b37d-2005f578b87b", "revision": 1, "record_count": 3, "unchanged": true}', NULL, NULL, 3, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-ca7e-7992-bbd2-5f6885a6421b', '01a22265-ca5a-7027-969b-36fb6711ea04', 'check', 'lambda', 1, 1, 1, 'COMPLETED', '2026-11-28 13:43:46.046624+00', '2026-11-28 13:43:46.054104+00', 7, '{"limit": 2000}', '{"shares": 1200, "limit": 2000}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-ca86-742f-abc6-c42802945ce0', '01a22265-ca5a-7027-969b-36fb6711ea04', 'route', 'choice', 2, 1, 1, 'COMPLETED', '2026-11-28 13:43:46.054298+00', '2026-11-28 13:43:46.058618+00', 4, '{}', '{"condition": false, "next_step": "small"}', NULL, NULL, NULL, '{}', 1, 2, '{"next_step": "small"}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-ca8a-7b50-b448-2fdcef31cf16', '01a22265-ca5a-7027-969b-36fb6711ea04', 'small', 'lambda', 4, 1, 1, 'COMPLETED', '2026-11-28 13:43:46.058728+00', '2026-11-28 13:43:46.062136+00', 3, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 3, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-ca8e-73bd-9315-62a4f5dd632e', '01a22265-ca5a-7027-969b-36fb6711ea04', 'report', 'lambda', 5, 1, 1, 'COMPLETED', '2026-11-28 13:43:46.062257+00', '2026-11-28 13:43:46.065206+00', 3, '{}', '{"count": 4, "names": ["check", "load", "route", "small"]}', NULL, NULL, NULL, '{}', 1, 4, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-ca91-7505-9c10-0e32d4e5bcfa', '01a22265-ca5a-7027-969b-36fb6711ea04', 'large', 'lambda', 3, 0, 0, 'SKIPPED', NULL, NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e12a-7fa6-b026-49d2cda2ac4f', '01a22265-e100-7869-8081-80476151ec18', 'load', 'pipeline', 0, 1, 1, 'COMPLETED', '2026-11-28 13:43:51.851036+00', '2026-11-28 13:43:51.999808+00', 149, '{}', '{"capture": "rows", "capture_id": "01a22265-e1bf-76ee-a495-a11a53cfd66c", "revision": 1, "record_count": 3, "unchanged": false}', NULL, NULL, 3, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e1bf-7f34-9fa8-d3544cc7a587', '01a22265-e100-7869-8081-80476151ec18', 'check', 'lambda', 1, 1, 1, 'COMPLETED', '2026-11-28 13:43:51.999976+00', '2026-11-28 13:43:52.030118+00', 30, '{"limit": 2000}', '{"shares": 1200, "limit": 2000}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e1de-7447-9d70-008e04081ca2', '01a22265-e100-7869-8081-80476151ec18', 'route', 'choice', 2, 1, 1, 'COMPLETED', '2026-11-28 13:43:52.030301+00', '2026-11-28 13:43:52.036014+00', 6, '{}', '{"condition": false, "next_step": "small"}', NULL, NULL, NULL, '{}', 1, 2, '{"next_step": "small"}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e1e4-71ff-a85c-4f1e297d09f8', '01a22265-e100-7869-8081-80476151ec18', 'small', 'lambda', 4, 1, 1, 'COMPLETED', '2026-11-28 13:43:52.036148+00', '2026-11-28 13:43:52.039895+00', 4, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 3, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e1e7-7fd7-ba05-93b4a624ce8c', '01a22265-e100-7869-8081-80476151ec18', 'report', 'lambda', 5, 1, 1, 'COMPLETED', '2026-11-28 13:43:52.04001+00', '2026-11-28 13:43:52.043838+00', 4, '{}', '{"count": 4, "names": ["check", "load", "route", "small"]}', NULL, NULL, NULL, '{}', 1, 4, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e1eb-7ed9-b9cd-982a533fa438', '01a22265-e100-7869-8081-80476151ec18', 'large', 'lambda', 3, 0, 0, 'SKIPPED', NULL, NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e649-795b-986b-d499c8750746', '01a22265-e633-7db3-885c-a7802f6a6d3b', 'load', 'pipeline', 0, 1, 1, 'COMPLETED', '2026-11-28 13:43:53.161638+00', '2026-11-28 13:43:53.26857+00', 107, '{}', '{"capture": "rows", "capture_id": "01a22265-e6b4-709d-9515-6288e9c27503", "revision": 1, "record_count": 3, "unchanged": false}', NULL, NULL, 3, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e6b4-7c19-a19e-fa0e2f05fc79', '01a22265-e633-7db3-885c-a7802f6a6d3b', 'check', 'lambda', 1, 1, 1, 'COMPLETED', '2026-11-28 13:43:53.268786+00', '2026-11-28 13:43:53.302584+00', 34, '{"limit": 2000}', '{"shares": 1200, "limit": 2000}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e6d6-7b82-af36-3bf12e24e177', '01a22265-e633-7db3-885c-a7802f6a6d3b', 'route', 'choice', 2, 1, 1, 'COMPLETED', '2026-11-28 13:43:53.302745+00', '2026-11-28 13:43:53.307927+00', 5, '{}', '{"condition": false, "next_step": "small"}', NULL, NULL, NULL, '{}', 1, 2, '{"next_step": "small"}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e6dc-7093-9dee-56924894bf50', '01a22265-e633-7db3-885c-a7802f6a6d3b', 'small', 'lambda', 4, 1, 1, 'COMPLETED', '2026-11-28 13:43:53.308058+00', '2026-11-28 13:43:53.312602+00', 5, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 3, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e6e0-7b75-ac56-a683d84767de', '01a22265-e633-7db3-885c-a7802f6a6d3b', 'report', 'lambda', 5, 1, 1, 'COMPLETED', '2026-11-28 13:43:53.312741+00', '2026-11-28 13:43:53.317548+00', 5, '{}', '{"count": 4, "names": ["check", "load", "route", "small"]}', NULL, NULL, NULL, '{}', 1, 4, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-e6e5-7bd0-8ce2-73df542ecb0a', '01a22265-e633-7db3-885c-a7802f6a6d3b', 'large', 'lambda', 3, 0, 0, 'SKIPPED', NULL, NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-eb1c-7d84-b77a-1f1c079eef8b', '01a22265-eb0b-75fe-afbb-f5485a793ea4', 'load', 'pipeline', 0, 1, 1, 'COMPLETED', '2026-11-28 13:43:54.396907+00', '2026-11-28 13:43:54.493801+00', 97, '{}', '{"capture": "rows", "capture_id": "01a22265-eb7d-77e0-8373-fa0a5d730192", "revision": 2, "record_count": 3, "unchanged": false}', NULL, NULL, 3, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-eb7d-7eb3-be44-e241c9140082', '01a22265-eb0b-75fe-afbb-f5485a793ea4', 'check', 'lambda', 1, 1, 1, 'COMPLETED', '2026-11-28 13:43:54.493939+00', '2026-11-28 13:43:54.51032+00', 16, '{"limit": 2000}', '{"shares": 2400, "limit": 2000}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-eb8e-7711-9b2c-f77766671b5d', '01a22265-eb0b-75fe-afbb-f5485a793ea4', 'route', 'choice', 2, 1, 1, 'COMPLETED', '2026-11-28 13:43:54.510468+00', '2026-11-28 13:43:54.514403+00', 4, '{}', '{"condition": true, "next_step": "large"}', NULL, NULL, NULL, '{}', 1, 2, '{"next_step": "large"}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-eb92-77c9-a797-5d549a080ca2', '01a22265-eb0b-75fe-afbb-f5485a793ea4', 'large', 'lambda', 3, 1, 1, 'COMPLETED', '2026-11-28 13:43:54.514504+00', '2026-11-28 13:43:54.51763+00', 3, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 3, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-eb95-7b3b-8d6c-b9fd28d2cdcd', '01a22265-eb0b-75fe-afbb-f5485a793ea4', 'report', 'lambda', 5, 1, 1, 'COMPLETED', '2026-11-28 13:43:54.517716+00', '2026-11-28 13:43:54.521048+00', 3, '{}', '{"count": 4, "names": ["check", "large", "load", "route"]}', NULL, NULL, NULL, '{}', 1, 4, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-eb99-71f5-bed8-c555589f3667', '01a22265-eb0b-75fe-afbb-f5485a793ea4', 'small', 'lambda', 4, 0, 0, 'SKIPPED', NULL, NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-f009-7f2a-8f5a-cf59a5014096', '01a22265-eff3-74a0-8b23-2d6823770d91', 'fetch', 'pipeline', 0, 1, 1, 'COMPLETED', '2026-11-28 13:43:55.658007+00', '2026-11-28 13:43:55.837506+00', 179, '{}', '{"capture": "numbers", "capture_id": "01a22265-f0bd-70ee-99d2-f40de08588ff", "revision": 1, "record_count": 2, "unchanged": false}', NULL, NULL, 2, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-f0bd-7aee-b871-ce0378155861', '01a22265-eff3-74a0-8b23-2d6823770d91', 'after', 'lambda', 1, 1, 1, 'COMPLETED', '2026-11-28 13:43:55.837709+00', '2026-11-28 13:43:55.855273+00', 18, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-f563-78d2-9026-c8377c0eac41', '01a22265-f54c-7846-87b2-6b37acfbb3b5', 'fetch', 'pipeline', 0, 1, 1, 'COMPLETED', '2026-11-28 13:43:57.027595+00', '2026-11-28 13:43:57.082562+00', 55, '{}', '{"reason": "nothing new"}', NULL, NULL, NULL, '{}', 1, 0, '{"outcome": "unchanged"}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-f59a-7ac9-a58d-d76f649edfb8', '01a22265-f54c-7846-87b2-6b37acfbb3b5', 'after', 'lambda', 1, 0, 0, 'SKIPPED', NULL, NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-f9ce-7c50-b842-786dcc20dc4e', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'start', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:43:58.15882+00', '2026-11-28 13:43:58.172353+00', 14, '{}', '{"number": 7}', NULL, NULL, NULL, '{}', 1, 0, '{"context_updates": {"rounds": 3}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-f9dc-78eb-b8a9-1209100de231', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'flaky', 'lambda', 1, 1, 2, 'FAILED', '2026-11-28 13:43:58.172593+00', '2026-11-28 13:43:58.180066+00', 7, '{}', '{}', 'the first attempt always fails', 'NETWORK', NULL, '{}', 1, 1, '{"retryable": true}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-f9e9-70fc-9955-4dffd0656f31', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'flaky', 'lambda', 1, 2, 2, 'COMPLETED', '2026-11-28 13:43:58.185108+00', '2026-11-28 13:43:58.191726+00', 7, '{}', '{"number": 5}', NULL, NULL, NULL, '{}', 1, 2, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-f9ef-7ea2-b1fa-68e16463ed4d', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'mark', 'lambda', 2, 1, 1, 'COMPLETED', '2026-11-28 13:43:58.191955+00', '2026-11-28 13:43:58.198475+00', 7, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 3, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-f9f6-7a30-bd0a-b89904c87c16', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'turn', 'lambda', 3, 1, 1, 'COMPLETED', '2026-11-28 13:43:58.198667+00', '2026-11-28 13:43:58.207947+00', 9, '{}', '{"rounds": 1}', NULL, NULL, NULL, '{}', 1, 4, '{"next_step": "mark", "context_updates": {"done": 1}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-fa00-72d0-8aa0-cf4d1628e83e', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'mark', 'lambda', 2, 2, 2, 'COMPLETED', '2026-11-28 13:43:58.208222+00', '2026-11-28 13:43:58.214688+00', 6, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 2, 5, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-fa06-7eb1-b328-9794b1130e94', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'turn', 'lambda', 3, 2, 2, 'COMPLETED', '2026-11-28 13:43:58.215006+00', '2026-11-28 13:43:58.221688+00', 7, '{}', '{"rounds": 2}', NULL, NULL, NULL, '{}', 2, 6, '{"next_step": "mark", "context_updates": {"done": 2}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-fa0d-7f15-9d77-6193a175d398', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'mark', 'lambda', 2, 3, 3, 'COMPLETED', '2026-11-28 13:43:58.221986+00', '2026-11-28 13:43:58.228324+00', 6, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 3, 7, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-fa14-78f4-8c69-2f2ab61c9ebc', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'turn', 'lambda', 3, 3, 3, 'COMPLETED', '2026-11-28 13:43:58.228599+00', '2026-11-28 13:43:58.235185+00', 7, '{}', '{"rounds": 3}', NULL, NULL, NULL, '{}', 3, 8, '{"context_updates": {"done": 3}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-fa24-72ea-8d5d-9b6cb664059e', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'left_out', 'lambda', 4, 1, 1, 'SKIPPED', '2026-11-28 13:43:58.244235+00', '2026-11-28 13:43:58.244291+00', 0, '{}', '{}', NULL, NULL, NULL, '{}', 1, 9, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-fa24-765f-80bf-bae4b6353e40', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'crossing', 'lambda', 5, 1, 1, 'COMPLETED', '2026-11-28 13:43:58.244427+00', '2026-11-28 13:43:58.25089+00', 6, '{}', '{"rounds": 3, "parameter": 3}', NULL, NULL, NULL, '{}', 1, 10, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-fa2b-7100-9325-385a1a4e9eaa', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'cleanup', 'lambda', 6, 1, 1, 'COMPLETED', '2026-11-28 13:43:58.251106+00', '2026-11-28 13:43:58.259857+00', 9, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 11, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-fa34-70c5-b0f2-539cae13f1eb', '01a22265-f9bd-7bbf-9a29-98f8ad8ffb17', 'told', 'lambda', 7, 1, 1, 'COMPLETED', '2026-11-28 13:43:58.260107+00', '2026-11-28 13:43:58.266968+00', 7, '{}', '{"count": 6, "names": ["cleanup", "crossing", "flaky", "mark", "start", "turn"]}', NULL, NULL, NULL, '{}', 1, 12, '{"phase": "on_success"}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-fe4c-7037-8783-681447726cb3', '01a22265-fe38-7905-aa9f-805bbb1723b4', 'read', 'lambda', 0, 1, 1, 'FAILED', '2026-11-28 13:43:59.308048+00', '2026-11-28 13:43:59.321664+00', 14, '{}', '{}', 'line 3 of week 2026-W01 has 4 fields, not 5', 'PARSE', NULL, '{}', 1, 0, '{"retryable": false}');
INSERT INTO public.core_workflow_steps VALUES ('01a22265-fe59-7c90-90f2-19b630a5acb7', '01a22265-fe38-7905-aa9f-805bbb1723b4', 'after', 'lambda', 1, 1, 1, 'COMPLETED', '2026-11-28 13:43:59.321813+00', '2026-11-28 13:43:59.328026+00', 6, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-0323-74dc-852e-62ecee9dc7c4', '01a22266-0312-7160-a1c5-b73d21c150f4', 'first', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:00.547366+00', '2026-11-28 13:44:00.68354+00', 136, '{}', '{"number": 7, "rows": 2}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-03ab-7b02-ae61-180fa534b2aa', '01a22266-0312-7160-a1c5-b73d21c150f4', 'second', 'lambda', 1, 1, 1, 'CANCELLED', '2026-11-28 13:44:00.683713+00', '2026-11-28 13:44:01.523545+00', 840, '{}', '{}', 'the process that ran it died', NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-0d3b-7df8-a06a-f88e62299fcc', '01a22266-0d1c-7856-b9e2-8f0496ef231c', 'first', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:03.131918+00', '2026-11-28 13:44:03.280885+00', 149, '{}', '{"number": 7, "rows": 2}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-1733-76dd-9a96-e26220d1ae5a', '01a22266-1728-7d66-87f7-033fce6b52c5', 'before', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:05.683489+00', '2026-11-28 13:44:05.688146+00', 5, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-0dd1-7121-b887-e50b8987a883', '01a22266-0d1c-7856-b9e2-8f0496ef231c', 'pause', 'wait', 1, 1, 1, 'CANCELLED', '2026-11-28 13:44:03.281104+00', '2026-11-28 13:44:04.308693+00', 1028, '{}', '{}', 'cancelled', NULL, NULL, '{}', 1, 1, '{"wake_at": "2036-11-25T13:44:03.298827+00:00", "wait_state": {"since": "2026-11-28T13:44:03.298827+00:00", "until": "2036-11-25T13:44:03.298827+00:00"}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-168f-7751-b3a9-6ffbd1946926', '01a22266-1675-716c-963b-6e3ef2c5811b', 'first', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:05.519533+00', '2026-11-28 13:44:05.631214+00', 112, '{}', '{"number": 7, "rows": 2}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-16ff-7682-8b67-9b53cfec54e4', '01a22266-1675-716c-963b-6e3ef2c5811b', 'pause', 'wait', 1, 1, 1, 'WAITING', '2026-11-28 13:44:05.631474+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{"wake_at": "2036-11-25T13:44:05.650360+00:00", "wait_state": {"since": "2026-11-28T13:44:05.650360+00:00", "until": "2036-11-25T13:44:05.650360+00:00"}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-174d-77e1-9f6c-2f79d2cd1c57', '01a22266-1742-71a3-af9a-b24b332fd7af', 'first', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:05.709537+00', '2026-11-28 13:44:05.720692+00', 11, '{}', '{"number": 7, "rows": 2}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-1758-7cf1-a25f-22992edd896c', '01a22266-1742-71a3-af9a-b24b332fd7af', 'pause', 'wait', 1, 1, 1, 'WAITING', '2026-11-28 13:44:05.72083+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{"wake_at": "2036-11-25T13:44:05.728099+00:00", "wait_state": {"since": "2026-11-28T13:44:05.728099+00:00", "until": "2036-11-25T13:44:05.728099+00:00"}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-1738-7539-ba97-54759284fd05', '01a22266-1728-7d66-87f7-033fce6b52c5', 'below', 'workflow', 1, 1, 1, 'WAITING', '2026-11-28 13:44:05.688366+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{"wake_at": "2036-11-25T13:44:05.728099+00:00", "wait_state": {}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-1778-7ac0-9a3f-70fc839b31e4', '01a22266-176e-7df7-87ac-14849c685cc4', 'before', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:05.752746+00', '2026-11-28 13:44:05.756604+00', 4, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-178d-7b23-a23c-7e0c4fe362c6', '01a22266-1783-74c5-9d6f-f98e11eb6f58', 'first', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:05.773727+00', '2026-11-28 13:44:05.783466+00', 10, '{}', '{"number": 7, "rows": 2}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-177c-7b89-ae94-fff3d2d33739', '01a22266-176e-7df7-87ac-14849c685cc4', 'below', 'workflow', 1, 1, 1, 'WAITING', '2026-11-28 13:44:05.756746+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{"wake_at": "2026-11-28T13:45:05.791687+00:00", "wait_state": {}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-1797-7a7d-bd44-3f078980c424', '01a22266-1783-74c5-9d6f-f98e11eb6f58', 'pause', 'wait', 1, 1, 1, 'WAITING', '2026-11-28 13:44:05.783686+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{"wake_at": "2026-11-28T13:45:05.791687+00:00", "wait_state": {"since": "2026-11-28T13:44:05.791687+00:00", "until": "2026-11-28T13:45:05.791687+00:00"}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-17c2-7e8b-9ae3-689f24228efd', '01a22266-17b6-7232-bfff-595cf8f6f2f0', 'before', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:05.826983+00', '2026-11-28 13:44:05.830666+00', 4, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-17e6-7cc7-bed2-2125c77583c3', '01a22266-17d0-7d75-b5b6-27fbf5f59bd0', 'at_once', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:05.862842+00', '2026-11-28 13:44:05.871375+00', 9, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-17eb-76bb-88d6-28a725fb7177', '01a22266-17d5-7d58-a1bf-9997f7457eae', 'begin', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:05.867457+00', '2026-11-28 13:44:05.877665+00', 10, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-17ef-78b1-b31b-238752cb1c71', '01a22266-17d0-7d75-b5b6-27fbf5f59bd0', 'and_more', 'lambda', 1, 1, 1, 'COMPLETED', '2026-11-28 13:44:05.8723+00', '2026-11-28 13:44:05.879076+00', 7, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-17f5-7d09-b0f5-4dff23c8f485', '01a22266-17d5-7d58-a1bf-9997f7457eae', 'pause', 'wait', 1, 1, 1, 'WAITING', '2026-11-28 13:44:05.877867+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{"wake_at": "2026-11-28T13:45:05.886978+00:00", "wait_state": {"since": "2026-11-28T13:44:05.886978+00:00", "until": "2026-11-28T13:45:05.886978+00:00"}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-17c6-7c5e-88ce-80875053af9f', '01a22266-17b6-7232-bfff-595cf8f6f2f0', 'both', 'parallel', 1, 1, 1, 'WAITING', '2026-11-28 13:44:05.830794+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{"wake_at": "2026-11-28T13:45:05.886978+00:00", "wait_state": {}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-1850-7c88-a0d5-a9aaabec5359', '01a22266-1840-778a-bd3b-ee92a3b6e8ab', 'first', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:05.968815+00', '2026-11-28 13:44:05.981543+00', 13, '{}', '{"number": 7, "rows": 2}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-184a-7f93-b418-459f9a8c2f38', '01a22266-183e-75ef-bd31-9430134f1f0e', 'first', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:05.963046+00', '2026-11-28 13:44:05.982255+00', 19, '{}', '{"number": 7, "rows": 2}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-185d-7a99-b393-06ed342f97e3', '01a22266-1840-778a-bd3b-ee92a3b6e8ab', 'pause', 'wait', 1, 1, 1, 'WAITING', '2026-11-28 13:44:05.981727+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{"wake_at": "2026-11-28T13:45:05.990346+00:00", "wait_state": {"since": "2026-11-28T13:44:05.990346+00:00", "until": "2026-11-28T13:45:05.990346+00:00"}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-185e-7594-a035-7f0fac482408', '01a22266-183e-75ef-bd31-9430134f1f0e', 'pause', 'wait', 1, 1, 1, 'WAITING', '2026-11-28 13:44:05.982398+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{"wake_at": "2026-11-28T13:45:05.990404+00:00", "wait_state": {"since": "2026-11-28T13:44:05.990404+00:00", "until": "2026-11-28T13:45:05.990404+00:00"}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-1829-7648-9559-251cae105971', '01a22266-1820-7978-89a4-bc78a1bdb9cd', 'each', 'map', 0, 1, 1, 'WAITING', '2026-11-28 13:44:05.92945+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 0, '{"wake_at": "2026-11-28T13:45:05.990346+00:00", "wait_state": {}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-1cf0-7e62-aa26-3cce1b9e5aca', '01a22266-1cd4-7705-bd86-3ae1fc3f2c2c', 'first', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:07.152976+00', '2026-11-28 13:44:07.288107+00', 135, '{}', '{"number": 7, "rows": 2}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-1d78-73f2-b7a7-d9caafa9b2c9', '01a22266-1cd4-7705-bd86-3ae1fc3f2c2c', 'second', 'lambda', 1, 1, 1, 'RUNNING', '2026-11-28 13:44:07.28827+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-20d2-7dff-a405-224bcbe2827a', '01a22266-20be-72c0-8986-e97c9352b821', 'six', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:08.146938+00', '2026-11-28 13:44:08.159723+00', 13, '{}', '{"items": [10, 11, 12, 13, 14, 15]}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-20df-7e48-8319-88f567785d15', '01a22266-20be-72c0-8986-e97c9352b821', 'each', 'map', 1, 1, 1, 'RUNNING', '2026-11-28 13:44:08.159925+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-2d55-7314-94b7-5934fdb9fee5', '01a22266-2d39-77eb-bff8-338c55aa4608', 'before', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:11.349264+00', '2026-11-28 13:44:11.360609+00', 11, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-2d60-7c48-b116-556c25f6e8e9', '01a22266-2d39-77eb-bff8-338c55aa4608', 'below', 'workflow', 1, 1, 1, 'RUNNING', '2026-11-28 13:44:11.360798+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-2d7d-7fc9-8636-6aaaf83902d5', '01a22266-2d6d-74b8-bacd-eee39633689b', 'first', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:11.390019+00', '2026-11-28 13:44:11.516597+00', 127, '{}', '{"number": 7, "rows": 2}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-2dfc-7ca6-8cdc-f51894f3dedf', '01a22266-2d6d-74b8-bacd-eee39633689b', 'second', 'lambda', 1, 1, 1, 'RUNNING', '2026-11-28 13:44:11.516818+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-3271-7c0c-9d52-fa277bf17ed9', '01a22266-3254-7326-a123-3ed16f88b228', 'start', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:12.657797+00', '2026-11-28 13:44:12.672139+00', 14, '{}', '{"number": 7}', NULL, NULL, NULL, '{}', 1, 0, '{"context_updates": {"rounds": 3}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-3280-7504-8053-bee26517f239', '01a22266-3254-7326-a123-3ed16f88b228', 'flaky', 'lambda', 1, 1, 2, 'FAILED', '2026-11-28 13:44:12.672346+00', '2026-11-28 13:44:12.684697+00', 12, '{}', '{}', 'the first attempt always fails', 'NETWORK', NULL, '{}', 1, 1, '{"retryable": true}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-3294-7901-b7d2-44b2c4dc9326', '01a22266-3254-7326-a123-3ed16f88b228', 'flaky', 'lambda', 1, 2, 2, 'COMPLETED', '2026-11-28 13:44:12.692609+00', '2026-11-28 13:44:12.69932+00', 7, '{}', '{"number": 5}', NULL, NULL, NULL, '{}', 1, 2, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-329b-7801-8a53-968f31d907aa', '01a22266-3254-7326-a123-3ed16f88b228', 'mark', 'lambda', 2, 1, 1, 'COMPLETED', '2026-11-28 13:44:12.699536+00', '2026-11-28 13:44:12.708563+00', 9, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 1, 3, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-32a4-7b7c-9fd7-29cda0b6110c', '01a22266-3254-7326-a123-3ed16f88b228', 'turn', 'lambda', 3, 1, 1, 'COMPLETED', '2026-11-28 13:44:12.70875+00', '2026-11-28 13:44:12.718028+00', 9, '{}', '{"rounds": 1}', NULL, NULL, NULL, '{}', 1, 4, '{"next_step": "mark", "context_updates": {"done": 1}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-32ae-7327-8c0d-c6bde56d5996', '01a22266-3254-7326-a123-3ed16f88b228', 'mark', 'lambda', 2, 2, 2, 'COMPLETED', '2026-11-28 13:44:12.718227+00', '2026-11-28 13:44:12.728219+00', 10, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 2, 5, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-32b8-76ec-a23c-37bbbbf52220', '01a22266-3254-7326-a123-3ed16f88b228', 'turn', 'lambda', 3, 2, 2, 'COMPLETED', '2026-11-28 13:44:12.728472+00', '2026-11-28 13:44:12.73654+00', 8, '{}', '{"rounds": 2}', NULL, NULL, NULL, '{}', 2, 6, '{"next_step": "mark", "context_updates": {"done": 2}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-32c0-7d4b-8117-4a4826144ad8', '01a22266-3254-7326-a123-3ed16f88b228', 'mark', 'lambda', 2, 3, 3, 'COMPLETED', '2026-11-28 13:44:12.736875+00', '2026-11-28 13:44:12.74838+00', 12, '{}', '{"number": 1}', NULL, NULL, NULL, '{}', 3, 7, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-32cc-7906-8bb1-f18c05ec5ecc', '01a22266-3254-7326-a123-3ed16f88b228', 'turn', 'lambda', 3, 3, 3, 'COMPLETED', '2026-11-28 13:44:12.748594+00', '2026-11-28 13:44:12.75775+00', 9, '{}', '{"rounds": 3}', NULL, NULL, NULL, '{}', 3, 8, '{"context_updates": {"done": 3}}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-32dc-7160-808f-d8f68e881c08', '01a22266-3254-7326-a123-3ed16f88b228', 'left_out', 'lambda', 4, 1, 1, 'SKIPPED', '2026-11-28 13:44:12.764129+00', '2026-11-28 13:44:12.764174+00', 0, '{}', '{}', NULL, NULL, NULL, '{}', 1, 9, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-32dc-745c-adbe-83135d5c3eb6', '01a22266-3254-7326-a123-3ed16f88b228', 'crossing', 'lambda', 5, 1, 1, 'RUNNING', '2026-11-28 13:44:12.764295+00', NULL, NULL, '{}', '{}', NULL, NULL, NULL, '{}', 1, 10, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-36b5-7b68-8d6e-fec077218de7', '01a22266-369b-7898-b4ce-0a9048e788b7', 'first', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:13.749758+00', '2026-11-28 13:44:13.901815+00', 152, '{}', '{"number": 7, "rows": 2}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-374e-703c-a950-922e2387cabb', '01a22266-369b-7898-b4ce-0a9048e788b7', 'second', 'lambda', 1, 1, 1, 'COMPLETED', '2026-11-28 13:44:13.902052+00', '2026-11-28 13:44:13.922534+00', 20, '{}', '{"number": 14}', NULL, NULL, NULL, '{}', 1, 1, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-418a-738a-88a3-989cfa84c271', '01a22266-416b-7613-bd6f-0619c10ed645', 'read', 'lambda', 0, 1, 1, 'FAILED', '2026-11-28 13:44:16.522268+00', '2026-11-28 13:44:16.537956+00', 16, '{}', '{}', 'line 3 of week 2026-W01 has 4 fields, not 5', 'PARSE', NULL, '{}', 1, 0, '{"retryable": false}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-4807-7ea0-b011-89f7f17c8e0a', '01a22266-47f3-758a-bed1-7c67d493c3d7', 'read', 'lambda', 0, 1, 1, 'COMPLETED', '2026-11-28 13:44:18.183979+00', '2026-11-28 13:44:18.195407+00', 11, '{}', '{}', NULL, NULL, NULL, '{}', 1, 0, '{}');
INSERT INTO public.core_workflow_steps VALUES ('01a22266-4d05-7048-99c1-c097f9a6d914', '01a22266-4cf2-7270-8177-c99ce16cfa55', 'read', 'lambda', 0, 1, 1, 'FAILED', '2026-11-28 13:44:19.461061+00', '2026-11-28 13:44:19.472251+00', 11, '{}', '{}', 'line 3 of week 2026-W01 has 4 fields, not 5', 'PARSE', NULL, '{}', 1, 0, '{"retryable": false}');

SELECT pg_catalog.setval('public.core_run_logs_id_seq', 8, true);

SELECT pg_catalog.setval('public.core_workflow_events_id_seq', 236, true);

ALTER TABLE ONLY public.core_schema_version
    ADD CONSTRAINT core_schema_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY public.core_alert_channels
    ADD CONSTRAINT pk_core_alert_channels PRIMARY KEY (name);

ALTER TABLE ONLY public.core_alert_deliveries
    ADD CONSTRAINT pk_core_alert_deliveries PRIMARY KEY (id);

ALTER TABLE ONLY public.core_alert_incidents
    ADD CONSTRAINT pk_core_alert_incidents PRIMARY KEY (id);

ALTER TABLE ONLY public.core_alert_silences
    ADD CONSTRAINT pk_core_alert_silences PRIMARY KEY (id);

ALTER TABLE ONLY public.core_alert_throttle
    ADD CONSTRAINT pk_core_alert_throttle PRIMARY KEY (fingerprint, channel_name);

ALTER TABLE ONLY public.core_alerts
    ADD CONSTRAINT pk_core_alerts PRIMARY KEY (id);

ALTER TABLE ONLY public.core_captures
    ADD CONSTRAINT pk_core_captures PRIMARY KEY (capture_id);

ALTER TABLE ONLY public.core_database_connections
    ADD CONSTRAINT pk_core_database_connections PRIMARY KEY (name);

ALTER TABLE ONLY public.core_executions
    ADD CONSTRAINT pk_core_executions PRIMARY KEY (id);

ALTER TABLE ONLY public.core_rejects
    ADD CONSTRAINT pk_core_rejects PRIMARY KEY (id);

ALTER TABLE ONLY public.core_run_limits
    ADD CONSTRAINT pk_core_run_limits PRIMARY KEY (name, run_id);

ALTER TABLE ONLY public.core_run_logs
    ADD CONSTRAINT pk_core_run_logs PRIMARY KEY (id);

ALTER TABLE ONLY public.core_schedule_runs
    ADD CONSTRAINT pk_core_schedule_runs PRIMARY KEY (id);

ALTER TABLE ONLY public.core_schedules
    ADD CONSTRAINT pk_core_schedules PRIMARY KEY (id);

ALTER TABLE ONLY public.core_source_cache
    ADD CONSTRAINT pk_core_source_cache PRIMARY KEY (cache_key);

ALTER TABLE ONLY public.core_source_fetches
    ADD CONSTRAINT pk_core_source_fetches PRIMARY KEY (id);

ALTER TABLE ONLY public.core_source_state
    ADD CONSTRAINT pk_core_source_state PRIMARY KEY (source_name);

ALTER TABLE ONLY public.core_sources
    ADD CONSTRAINT pk_core_sources PRIMARY KEY (id);

ALTER TABLE ONLY public.core_workflow_definitions
    ADD CONSTRAINT pk_core_workflow_definitions PRIMARY KEY (definition_hash);

ALTER TABLE ONLY public.core_workflow_events
    ADD CONSTRAINT pk_core_workflow_events PRIMARY KEY (id);

ALTER TABLE ONLY public.core_workflow_items
    ADD CONSTRAINT pk_core_workflow_items PRIMARY KEY (run_id, step_name, first_attempt, item_index);

ALTER TABLE ONLY public.core_workflow_runs
    ADD CONSTRAINT pk_core_workflow_runs PRIMARY KEY (run_id);

ALTER TABLE ONLY public.core_workflow_steps
    ADD CONSTRAINT pk_core_workflow_steps PRIMARY KEY (step_id);

ALTER TABLE ONLY public.core_captures
    ADD CONSTRAINT uq_core_captures_name UNIQUE (name, partition_key, revision);

ALTER TABLE ONLY public.core_schedule_runs
    ADD CONSTRAINT uq_core_schedule_runs_schedule_id UNIQUE (schedule_id, scheduled_at);

ALTER TABLE ONLY public.core_schedules
    ADD CONSTRAINT uq_core_schedules_name UNIQUE (name);

ALTER TABLE ONLY public.core_sources
    ADD CONSTRAINT uq_core_sources_name UNIQUE (name);

ALTER TABLE ONLY public.core_workflow_runs
    ADD CONSTRAINT uq_core_workflow_runs_idempotency_key UNIQUE (idempotency_key);

ALTER TABLE ONLY public.core_workflow_steps
    ADD CONSTRAINT uq_core_workflow_steps_run_id UNIQUE (run_id, step_name, attempt);

CREATE INDEX ix_core_alert_deliveries_alert ON public.core_alert_deliveries USING btree (alert_id);

CREATE INDEX ix_core_alert_deliveries_channel ON public.core_alert_deliveries USING btree (channel_name, attempted_at);

CREATE INDEX ix_core_alert_deliveries_pending ON public.core_alert_deliveries USING btree (status, next_retry_at);

CREATE INDEX ix_core_alert_incidents_fingerprint ON public.core_alert_incidents USING btree (fingerprint, resolved_at);

CREATE INDEX ix_core_alerts_created ON public.core_alerts USING btree (created_at);

CREATE INDEX ix_core_alerts_fingerprint ON public.core_alerts USING btree (fingerprint, created_at);

CREATE INDEX ix_core_alerts_incident ON public.core_alerts USING btree (incident_id);

CREATE INDEX ix_core_alerts_run ON public.core_alerts USING btree (run_id);

CREATE INDEX ix_core_captures_run ON public.core_captures USING btree (run_id);

CREATE INDEX ix_core_executions_created ON public.core_executions USING btree (created_at);

CREATE INDEX ix_core_executions_pipeline ON public.core_executions USING btree (pipeline, created_at);

CREATE INDEX ix_core_executions_run ON public.core_executions USING btree (run_id);

CREATE INDEX ix_core_rejects_run ON public.core_rejects USING btree (run_id);

CREATE INDEX ix_core_rejects_source ON public.core_rejects USING btree (source_name, created_at);

CREATE INDEX ix_core_run_logs_run ON public.core_run_logs USING btree (run_id, id);

CREATE INDEX ix_core_schedule_runs_run ON public.core_schedule_runs USING btree (run_id);

CREATE INDEX ix_core_schedule_runs_status ON public.core_schedule_runs USING btree (status, scheduled_at);

CREATE INDEX ix_core_schedules_next ON public.core_schedules USING btree (enabled, next_run_at);

CREATE INDEX ix_core_source_cache_source ON public.core_source_cache USING btree (source_name);

CREATE INDEX ix_core_source_fetches_run ON public.core_source_fetches USING btree (run_id);

CREATE INDEX ix_core_source_fetches_source ON public.core_source_fetches USING btree (source_name, started_at);

CREATE INDEX ix_core_workflow_events_run ON public.core_workflow_events USING btree (run_id, id);

CREATE INDEX ix_core_workflow_runs_completed ON public.core_workflow_runs USING btree (completed_at);

CREATE INDEX ix_core_workflow_runs_parent ON public.core_workflow_runs USING btree (parent_run_id);

CREATE INDEX ix_core_workflow_runs_started ON public.core_workflow_runs USING btree (started_at, run_id);

CREATE INDEX ix_core_workflow_runs_status ON public.core_workflow_runs USING btree (status, started_at);

CREATE INDEX ix_core_workflow_runs_workflow ON public.core_workflow_runs USING btree (workflow_name, started_at);

ALTER TABLE ONLY public.core_alert_deliveries
    ADD CONSTRAINT fk_core_alert_deliveries_alert_id FOREIGN KEY (alert_id) REFERENCES public.core_alerts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.core_executions
    ADD CONSTRAINT fk_core_executions_run_id FOREIGN KEY (run_id) REFERENCES public.core_workflow_runs(run_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.core_run_limits
    ADD CONSTRAINT fk_core_run_limits_run_id FOREIGN KEY (run_id) REFERENCES public.core_workflow_runs(run_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.core_run_logs
    ADD CONSTRAINT fk_core_run_logs_run_id FOREIGN KEY (run_id) REFERENCES public.core_workflow_runs(run_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.core_schedule_runs
    ADD CONSTRAINT fk_core_schedule_runs_run_id FOREIGN KEY (run_id) REFERENCES public.core_workflow_runs(run_id) ON DELETE SET NULL;

ALTER TABLE ONLY public.core_schedule_runs
    ADD CONSTRAINT fk_core_schedule_runs_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.core_schedules(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.core_workflow_events
    ADD CONSTRAINT fk_core_workflow_events_run_id FOREIGN KEY (run_id) REFERENCES public.core_workflow_runs(run_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.core_workflow_items
    ADD CONSTRAINT fk_core_workflow_items_run_id FOREIGN KEY (run_id) REFERENCES public.core_workflow_runs(run_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.core_workflow_runs
    ADD CONSTRAINT fk_core_workflow_runs_parent_run_id FOREIGN KEY (parent_run_id) REFERENCES public.core_workflow_runs(run_id) ON DELETE SET NULL;

ALTER TABLE ONLY public.core_workflow_steps
    ADD CONSTRAINT fk_core_workflow_steps_run_id FOREIGN KEY (run_id) REFERENCES public.core_workflow_runs(run_id) ON DELETE CASCADE;
