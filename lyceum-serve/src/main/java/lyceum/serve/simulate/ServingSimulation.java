package lyceum.serve.simulate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.Job;
import lyceum.serve.schedule.KvAllocator;
import lyceum.serve.schedule.PrefixTree;
import lyceum.serve.schedule.Scheduler;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.serve.schedule.StepBatch;

/**
 * One server under a trace: the real scheduler over real tables of blocks, and a clock that goes on by what each step costs. The same trace gives the same report.
 *
 * {@snippet :
 * var trace = Arrival.poisson(500, 20, Arrival.fixed(100), Arrival.lognormal(80, 1, 1000), Rng.of(1));
 * var report = new ServingSimulation(new SchedulerOptions().withMaxRunning(8), CostModel.accelerator()).run(trace);
 * double p99 = report.percentile(ServedRequest::latency, 0.99);
 * }
 *
 * @param options of the scheduler
 * @param cost of a step
 * @param memory for each run a new one
 * @param reuse whether beginnings are kept
 */
public record ServingSimulation(SchedulerOptions options, CostModel cost, Supplier<KvAllocator> memory, boolean reuse) {

    /** With a million blocks of 16: memory that does not end. */
    public ServingSimulation(SchedulerOptions options, CostModel cost) { this(options, cost, () -> new BlockPool(1 << 20, 16), false); }

    /** Until all requests have ended. */
    public ServingReport run(List<Arrival> trace) {
        var kv = memory.get();
        var tree = reuse ? new PrefixTree((BlockPool) kv) : null;
        var scheduler = new Scheduler(options, kv, tree);
        var arrivals = new Arrivals(trace, scheduler);
        var served = new ServedRequest[trace.size()];
        var steps = new ArrayList<ServingReport.Step>();
        double now = arrivals.nextTime(), first = now, used = 0, busy = 0, queuedUse = 0;
        int ended = 0, queuedSteps = 0;
        while (ended < trace.size()) {
            arrivals.until(now);
            var batch = scheduler.next(now);
            if (batch.isEmpty()) {
                now = Math.max(Math.nextUp(now), Math.min(arrivals.nextTime(), scheduler.wakes()));
                if (now == Double.POSITIVE_INFINITY)
                    throw new IllegalStateException("ServingSimulation: " + (trace.size() - ended) + " requests wait and nothing runs");
                continue;
            }
            double start = now, share = (double) batch.slices().size() / options.maxRunning();
            now += cost.seconds(batch.tokens(), positions(batch));
            used += share * (now - start);
            busy += now - start;
            if (arrivals.nextTime() < Double.POSITIVE_INFINITY || !scheduler.waiting().isEmpty()) {
                queuedUse += share;
                queuedSteps++;
            }
            steps.add(step(batch, arrivals.flights, start, now));
            arrivals.until(now);
            scheduler.computed(batch);
            for (var slice : batch.slices()) {
                if (!slice.samples()) continue;
                var job = slice.job();
                var flight = arrivals.flights.get(job);
                flight.times[flight.written++] = now;
                if (flight.written < flight.times.length) {
                    scheduler.append(job, flight.written);
                    continue;
                }
                scheduler.end(job);
                arrivals.leaves(now);
                served[flight.place] = new ServedRequest(flight.arrival, flight.times, job.preemptions(), job.overtaken());
                ended++;
            }
        }
        return new ServingReport(List.of(served), steps, now - first, arrivals.integral, scheduler.computedTokens(),
                scheduler.reusedTokens(), scheduler.preemptions(), tree == null ? 0 : tree.pages(),
                queuedSteps == 0 ? 0 : queuedUse / queuedSteps, used / busy);
    }

    /** A request under way. */
    private static final class Flight {
        final int place;
        final double arrival;
        final double[] times;
        int written;

        Flight(int place, Arrival arrival) {
            this.place = place;
            this.arrival = arrival.time();
            times = new double[arrival.output()];
        }
    }

    /** Those of a trace in the order of their times, and how many are in the system, event by event. */
    private static final class Arrivals {
        final Map<Job, Flight> flights = new IdentityHashMap<>();
        private final List<Arrival> trace;
        private final List<Integer> order = new ArrayList<>();
        private final Scheduler scheduler;
        private int came, inside;
        private double changed, integral;

        Arrivals(List<Arrival> trace, Scheduler scheduler) {
            this.trace = trace;
            this.scheduler = scheduler;
            for (int i = 0; i < trace.size(); i++) order.add(i);
            order.sort(Comparator.comparingDouble(i -> trace.get(i).time()));
        }

        double nextTime() { return came < order.size() ? trace.get(order.get(came)).time() : Double.POSITIVE_INFINITY; }

        void until(double now) {
            while (nextTime() <= now) {
                int place = order.get(came++);
                var arrival = trace.get(place);
                var job = new Job(arrival.prompt(), arrival.output(), "", 0, arrival.brought());
                flights.put(job, new Flight(place, arrival));
                scheduler.add(job, arrival.time());
                change(arrival.time(), 1);
            }
        }

        void leaves(double now) { change(now, -1); }

        private void change(double time, int by) {
            integral += inside * (time - changed);
            changed = time;
            inside += by;
        }
    }

    /** Positions whose keys and values a step reads. */
    static long positions(StepBatch batch) {
        long sum = 0;
        for (var slice : batch.slices()) sum += slice.start() + slice.count();
        return sum;
    }

    private static ServingReport.Step step(StepBatch batch, Map<Job, Flight> flights, double start, double end) {
        int decoded = 0, prefilled = 0;
        var places = new int[batch.slices().size()];
        for (int i = 0; i < places.length; i++) {
            var slice = batch.slices().get(i);
            places[i] = flights.get(slice.job()).place;
            if (slice.count() == 1) decoded++;
            else prefilled += slice.count();
        }
        return new ServingReport.Step(start, end, decoded, prefilled, places);
    }
}
