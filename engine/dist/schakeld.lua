-- SPDX-License-Identifier: EUPL-1.2
-- The configuration of schakeld: copy it to /etc/schakel/schakeld.lua. A key that schakeld does not
-- know is refused; `schakeld --config FILE --check` tells. What stands here after "--" is the
-- default or an example. Read at the start only: systemctl restart schakeld after a change.
return {
  -- Everything that the engine keeps. Its keys/ folder is not in backups: keep a copy apart.
  data = "/var/lib/schakel",

  -- Where front ends attach. Without this line: ipc://<data>/schakel.sock, which only the engine's
  -- own user and root can open. Others on this machine come by tcp; from elsewhere only by tls+tcp.
  -- listen = { "ipc:///var/lib/schakel/schakel.sock", "tcp://127.0.0.1:7700" },

  -- Where the doorbell rings. Without this line: ipc://<data>/schakel.sock.events when `listen` is
  -- not given either, else nowhere. Clients look at the ipc path and ".events", or the next port.
  -- events = { "ipc:///var/lib/schakel/schakel.sock.events", "tcp://127.0.0.1:7701" },

  -- For tls+tcp:// in `listen`: one PEM file with the certificate and its key.
  -- tls = { cert = "/etc/schakel/server.pem" },

  -- Where `schakel backup NAME` writes; <data>/backups without this line.
  backups = "/var/backups/schakel",

  -- More rule sets to base rules on, and library files in lib/ below it. The standard rule set and
  -- its library are inside the program.
  -- rules = "/etc/schakel/rules",

  -- debug, info, warn or error; lines go to standard error, so to the journal.
  log = "info",

  -- Requests in progress at once, 2 to 1024; half of them may be waiting reads of events.
  contexts = 64,

  -- Plugins to attach, with their settings; `schakeld --plugins` tells which there are.
  -- plugins = { http = { listen = "127.0.0.1:8080" } },
}
