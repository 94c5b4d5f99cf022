-- What one asker may see, now.  Outgoing code reads these views and nothing else; the database holds it to that.
-- {asking} is one row: who asks, and when.  Words in braces differ between SQLite and PostgreSQL.

-- name: in_force
-- The policy under which asking a was admitted is in force still, and so is the registration that admitted it.
-- What the product itself asks (a trace) has no registration.
(a.registration = {ours} OR (a.epoch = in_force.epoch AND EXISTS (
    SELECT 1 FROM {main}client c
    WHERE c.id = a.client AND c.version = a.registration AND c.starts <= a.now AND a.now < c.ends)))

-- name: standing_now
-- The standing that holds for person p at the asking's instant; none once its last instant has passed.
CASE WHEN a.now < p.standing_until THEN p.standing WHEN a.now < p.after_until THEN p.standing_after END

-- name: related
-- Whether the asker is directly involved in person p's care: their own council is, others by a relationship on file.
CASE WHEN p.council = a.council THEN 1
     WHEN EXISTS (
         SELECT 1 FROM {main}relationship rel
         WHERE rel.organisation = a.organisation AND rel.person = p.id AND rel.client IN ('', a.client)
           AND rel.starts <= a.now AND a.now < rel.ends) THEN 1
     ELSE 0 END

-- name: permit
-- One column of the permit that joins the asking to person p.  No row: nothing.
COALESCE((SELECT permit.{column} FROM {main}permit permit WHERE {permitted}), 0)

-- name: permitted
-- Which permit that is.
permit.epoch = in_force.epoch
  AND permit.view = CASE WHEN p.council = a.council THEN a.own_view ELSE a.view END
  AND permit.standing = {standing_now}
  AND permit.related = {related}
  AND permit.lift = 0

-- name: nobody_hidden
-- No person named in facet x is hidden from being named.
NOT EXISTS (
    SELECT 1 FROM {main}mention m
    JOIN {main}person p ON p.council = m.council AND p.local_id = m.local_id
    WHERE m.facet = {facet_id}
      AND COALESCE((SELECT s.mentionable FROM {main}standing s WHERE s.id = {standing_now}), 0)
          < 1 + {facet_locates})

-- name: visible_facet
SELECT f.id, r.public, r.type, f.part, f.place, f.body, f.token, f.recorded, f.person, f.resource,
       CASE WHEN f.part = 'carrier'
            THEN (SELECT s.label FROM {main}standing s WHERE s.id = {standing_now}) ELSE '' END AS label
FROM {asking} a CROSS JOIN {main}current_epoch in_force CROSS JOIN {main}resource r
JOIN {main}person p ON p.id = r.person
-- Joined, so that it is looked up once for a resource and not for each of its facets.
JOIN {main}permit permit ON {permitted}
JOIN {main}facet f ON f.resource = r.id AND f.ended IS NULL
WHERE {in_force}
  AND ((permit.mask | CASE WHEN f.provider <> '' AND f.provider = a.organisation
                           THEN permit.own ELSE 0 END) & f.need) = f.need
  AND {facet_mentions_nobody_hidden}

-- name: visible_term
SELECT t.type, t.name, t.value, t.resource, t.person
FROM {asking} a CROSS JOIN {main}current_epoch in_force CROSS JOIN {main}term t
JOIN {main}person p ON p.id = t.person
WHERE {in_force}
  AND (({mask} | CASE WHEN t.provider <> '' AND t.provider = a.organisation
                      THEN {own} ELSE 0 END) & t.need) = t.need
  AND {term_mentions_nobody_hidden}

-- name: identifiable
-- Whom the asker would see if they asserted a relationship: for finding exactly one person, never for showing one.
SELECT t.name, t.value, t.person, p.council
FROM {asking} a CROSS JOIN {main}current_epoch in_force CROSS JOIN {main}term t
JOIN {main}person p ON p.id = t.person
WHERE {in_force}
  AND a.may_assert = 1
  AND t.type = 'Patient'
  AND ({mask_if_related} & t.need) = t.need

-- name: visible_registration
-- The asking client's own registration.
SELECT c.id, c.name, c.recipient, c.council, c.organisations, c.purposes, c.roles, c.scopes, c.may_assert,
       c.starts, c.ends, c.version, (SELECT epoch FROM {main}current_epoch) AS epoch
FROM {main}client c WHERE c.id = (SELECT client FROM {asking})

-- name: visible_view
-- Which number a view has.
SELECT v.id, v.recipient, v.role, v.purpose, v.channel FROM {main}view v

-- name: visible_feed
-- As of when each council's data speaks.
SELECT c.id AS council, c.code, c.name, MAX(e.created) AS created
FROM {main}council c LEFT JOIN {main}extract e ON e.council = c.id AND e.state = 'done' AND e.feed = ''
GROUP BY c.id, c.code, c.name
