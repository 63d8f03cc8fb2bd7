-- Asks for the paths of the file that is named after "--", in turn, or always for that of the address; after
-- "mixed", under fifty different heads, and closing the connection every twenty requests;
-- prints what benchmarks/servers.py reads.

function init(args)
  if not args[1] then return end
  local requests, turn = {}, 0
  local heads = args[2] == "mixed" and 50 or 1
  for path in io.lines(args[1]) do
    for head = 1, heads do
      local fields = { Host = wrk.headers["Host"] }
      if heads > 1 then fields["User-Agent"] = "client-" .. head .. " " .. string.rep("x", 60) end
      requests[#requests + 1] = wrk.format("GET", path, fields)
    end
  end
  -- In an order that mixes paths and heads: the step has no factor in common with the number of requests.
  local step, sent = 7919, 0
  while #requests % step == 0 do step = step + 2 end
  function request()
    turn, sent = (turn + step) % #requests, sent + 1
    local asked = requests[turn + 1]
    if heads > 1 and sent % 20 == 0 then asked = asked:gsub("\r\n\r\n$", "\r\nConnection: close\r\n\r\n") end
    return asked
  end
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
