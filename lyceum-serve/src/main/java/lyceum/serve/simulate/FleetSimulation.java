package lyceum.serve.simulate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.withers.Withers;

/**
 * Several servers of one kind: each doing everything, or some reading prompts and others writing, to which keys and values are sent. Requests go to servers in turn.
 *
 * {@snippet :
 * var fleet = new FleetSimulation(new SchedulerOptions(), CostModel.accelerator(), 4);
 * double together = fleet.run(trace).goodput(0.5, 0.02), apart = fleet.withReaders(2).run(trace).goodput(0.5, 0.02);
 * }
 *
 * @param options of each server's scheduler
 * @param cost of a step, on each
 * @param servers of the fleet
 * @param readers of them read prompts and nothing else; 0 where each does everything
 * @param transferSeconds to send keys and values of one position
 * @see <a href="https://arxiv.org/abs/2401.09670">Zhong et al. (2024): DistServe</a>
 */
@Withers
public record FleetSimulation(SchedulerOptions options, CostModel cost, int servers, int readers, double transferSeconds)
        implements FleetSimulationWithers {
    public FleetSimulation {
        if (servers < 1 || readers < 0 || readers >= servers || !(transferSeconds >= 0))
            throw new IllegalArgumentException("FleetSimulation: " + readers + " readers of " + servers + " servers, " + transferSeconds
                    + " s a position; at least one server writes, and no time is negative");
    }

    /** Each does everything; a position of 128 KiB over 50 GB/s. */
    public FleetSimulation(SchedulerOptions options, CostModel cost, int servers) { this(options, cost, servers, 0, 131_072 / 50e9); }

    /** Requests in the order of the trace; steps are those of all servers in the order of their starts. */
    public ServingReport run(List<Arrival> trace) {
        if (readers == 0) return merged(trace, stage(trace, servers));
        var first = new ArrayList<Arrival>();
        for (var a : trace) first.add(new Arrival(a.time(), a.prompt(), 1));
        var read = stage(first, readers);
        var second = new ArrayList<Arrival>();
        var places = new ArrayList<Integer>();
        for (int i = 0; i < trace.size(); i++) {
            var a = trace.get(i);
            if (a.output() == 1) continue;
            int n = a.prompt().length;
            var ids = Arrays.copyOf(a.prompt(), n + 1); // the first id, which the reader made, is still to be computed
            second.add(new Arrival(read.requests[i].end() + n * transferSeconds, ids, a.output() - 1, n));
            places.add(i);
        }
        var written = stage(second, servers - readers);
        var all = new ServedRequest[trace.size()];
        for (int i = 0; i < all.length; i++) all[i] = read.requests[i];
        for (int j = 0; j < places.size(); j++) {
            var w = written.requests[j];
            var times = new double[w.times().length + 1];
            times[0] = read.requests[places.get(j)].end();
            System.arraycopy(w.times(), 0, times, 1, w.times().length);
            all[places.get(j)] = new ServedRequest(trace.get(places.get(j)).time(), times, w.preemptions(), w.overtaken());
        }
        read.reports.addAll(written.reports);
        return merged(trace, new Stage(all, read.reports));
    }

    private record Stage(ServedRequest[] requests, List<ServingReport> reports) {}

    /** The i-th arrival to server {@code i % count}. */
    private Stage stage(List<Arrival> trace, int count) {
        var order = new ArrayList<Integer>();
        for (int i = 0; i < trace.size(); i++) order.add(i);
        order.sort(Comparator.comparingDouble(i -> trace.get(i).time()));
        var requests = new ServedRequest[trace.size()];
        var reports = new ArrayList<ServingReport>();
        for (int s = 0; s < count; s++) {
            var own = new ArrayList<Arrival>();
            var places = new ArrayList<Integer>();
            for (int i = s; i < order.size(); i += count) {
                own.add(trace.get(order.get(i)));
                places.add(order.get(i));
            }
            if (own.isEmpty()) continue;
            var report = new ServingSimulation(options, cost).run(own);
            for (int i = 0; i < own.size(); i++) requests[places.get(i)] = report.requests().get(i);
            reports.add(report);
        }
        return new Stage(requests, reports);
    }

    private static ServingReport merged(List<Arrival> trace, Stage stage) {
        var requests = List.of(stage.requests);
        double start = trace.stream().mapToDouble(Arrival::time).min().orElseThrow(),
                end = requests.stream().mapToDouble(ServedRequest::end).max().orElseThrow();
        var steps = stage.reports.stream().flatMap(r -> r.steps().stream()).sorted(Comparator.comparingDouble(ServingReport.Step::start))
                .toList();
        double inside = requests.stream().mapToDouble(ServedRequest::latency).sum();
        return new ServingReport(requests, steps, end - start, inside,
                stage.reports.stream().mapToLong(ServingReport::computedTokens).sum(),
                stage.reports.stream().mapToLong(ServingReport::reusedTokens).sum(),
                stage.reports.stream().mapToLong(ServingReport::preemptions).sum(), 0,
                stage.reports.stream().mapToDouble(ServingReport::queuedOccupancy).average().orElse(0),
                stage.reports.stream().mapToDouble(ServingReport::utilisation).average().orElse(0));
    }
}
