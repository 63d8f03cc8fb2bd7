-- Asks for the paths of the file that is named after "--", in turn, or always for that of the address;
-- prints what benchmarks/servers.py reads.

function init(args)
  if not args[1] then return end
  local requests, turn = {}, 0
  for path in io.lines(args[1]) do requests[#requests + 1] = wrk.format("GET", path) end
  function request()
    turn = turn % #requests + 1
    return requests[turn]
  end
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
