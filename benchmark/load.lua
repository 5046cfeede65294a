-- What wrk sends, and what it says at the end; `benchmark.wrk` calls it:
--     wrk --script load.lua --header 'Name: value' URL -- FILE
-- The request is made once, so that no Lua runs while wrk measures.

function init(arguments)
   local file = assert(io.open(arguments[1], "rb"))
   wrk.method = "POST"
   wrk.body = file:read("*a")
   file:close()
end

-- wrk's own report rounds; its last line is this one, with times in microseconds.
function done(summary, latency)
   local failed = summary.errors
   io.write(string.format(
      '{"requests": %d, "duration_us": %d, "p50_us": %d, "p99_us": %d, "failures": '
         .. '{"status": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      failed.status, failed.connect, failed.read, failed.write, failed.timeout))
end
