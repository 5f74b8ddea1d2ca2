-- An enrollment link is a string that never changes: version 2 of this format, kind, who caused it (1 the user, 2 a
-- server or session), its end and its begin in ms, its mail as it was made (0 none, 1 owed), the factors it is for (0:
-- any), length of the tenant's id; then the ids of tenant and user. What happens to it is kept beside it (lib/link.lua).
local LINK_RECORD, LINK_RECORD_VERSION = '<BBBddBBB', 2
local KIND_ENROLL, KIND_VERIFY = 1, 2
local BY_USER, BY_SERVER = 1, 2
-- Both are kept beyond its end for an hour, so that who comes late is told why.
local LINK_KEPT_MS = 3600000
