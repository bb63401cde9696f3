package lyceum.labs.serve;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.plot.Figure;
import lyceum.serve.Engine;
import lyceum.serve.EngineOptions;
import lyceum.serve.EngineStep;
import lyceum.serve.Request;
import lyceum.serve.schedule.Batching;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.serve.simulate.Arrival;
import lyceum.serve.simulate.CostModel;
import lyceum.serve.simulate.ServedRequest;
import lyceum.serve.simulate.ServingReport;
import lyceum.serve.simulate.ServingSimulation;

/** Slots of a batch over time: a static batch waits for its longest text, a continuous one fills each slot at the next step. Then a real engine with a small model. */
@Lab(topics = {"vllm-continuous-batching", "continuous-vs-static-batching"}, title = "The bus and the escalator")
final class BatchTimelineLab implements LabBody {
    @Override public void run(LabContext lab) {
        int slots = lab.param("slots", 8, 2, 16), requests = lab.param("requests", 300, 50, 2000),
                live = lab.param("live requests", 10, 4, 64);
        double mean = lab.param("mean ids", 40.0, 5.0, 200.0);
        var trace = Arrival.poisson(requests, Double.POSITIVE_INFINITY, Arrival.fixed(4), Arrival.exponential(mean), lab.rng(1));
        var options = new SchedulerOptions().withMaxRunning(slots).withTokenBudget(512);
        var rows = new ArrayList<List<?>>();
        var reports = new ArrayList<ServingReport>();
        for (var batching : Batching.values()) {
            var report = new ServingSimulation(options.withBatching(batching), CostModel.memoryBound(0.01), () -> new BlockPool(4096, 16),
                    false).run(trace);
            reports.add(report);
            rows.add(List.of(batching.name().toLowerCase(Locale.ROOT), report.throughput(), report.utilisation(),
                    report.percentile(ServedRequest::firstToken, 0.5), report.percentile(ServedRequest::latency, 0.99)));
            if (batching == Batching.TIMEOUT) continue;
            lab.figure(Figure.heatmap("Slots under " + batching.name().toLowerCase(Locale.ROOT) + " batching", chart(report, slots, 160))
                    .axes("step", "slot").describedAs("A colour a request, the lowest for a slot in which nothing happens."));
        }
        lab.table("All requests waiting at the start",
                List.of("batching", "ids a second", "slots in use", "first id, median s", "latency, p99 s"), rows);
        var lengths = trace.stream().mapToDouble(Arrival::output).toArray();
        lab.figure(Figure.histogram("Ids that requests write", lengths).axes("ids", "requests")
                .describedAs("Most are short and some are long: the long ones hold a static batch up."));
        double harmonic = 0;
        for (int i = 1; i <= slots; i++) harmonic += 1.0 / i;
        lab.say("Slots in use: %.3f static, 1 / H = %.3f; %.3f continuous.", reports.get(0).utilisation(), 1 / harmonic,
                reports.get(2).utilisation());
        lab.shows("continuous-vs-static-batching", "static use over 1 / H", reports.get(0).utilisation() * harmonic, below(1.2));
        lab.shows("continuous-vs-static-batching", "continuous over static throughput",
                reports.get(2).throughput() / reports.get(0).throughput(), atLeast(1.5));
        engine(lab, live);
    }

    /** Request numbers, from 1, in the slots of the first steps; a request keeps its slot. */
    private static double[][] chart(ServingReport report, int slots, int steps) {
        var chart = new double[slots][Math.min(steps, report.steps().size())];
        var held = new int[slots];
        Arrays.fill(held, -1);
        for (int s = 0; s < chart[0].length; s++) {
            var now = Arrays.stream(report.steps().get(s).requests()).boxed().toList();
            for (int i = 0; i < slots; i++) if (!now.contains(held[i])) held[i] = -1;
            for (int request : now) {
                int at = 0;
                while (at < slots && held[at] != request) at++;
                for (int i = 0; i < slots && at == slots; i++) if (held[i] < 0) held[at = i] = request;
            }
            for (int i = 0; i < slots; i++) chart[i][s] = held[i] < 0 ? 0 : 1 + held[i] % 12;
        }
        return chart;
    }

    private static void engine(LabContext lab, int count) {
        var model = new DecoderLM(DecoderConfig.llama(64, 128, 2, 32, 4, 2, 64).withDeviation(0.3), lab.rng(2));
        var all = new ArrayList<Request>();
        for (int i = 0; i < count; i++) {
            var rng = lab.rng(10 + i);
            int n = 2 + rng.nextInt(20);
            var prompt = rng.split(1).permutation(64);
            all.add(Request.greedy(Arrays.copyOf(prompt, n), 4 + rng.nextInt(30)));
        }
        var steps = new ArrayList<EngineStep>();
        int different = 0;
        try (var engine = new Engine(model, null, new EngineOptions().withBlocks(64));
                var alone = new Engine(model, null, new EngineOptions().withBlocks(64))) {
            engine.onStep(steps::add);
            var replies = engine.submit(all);
            for (int i = 0; i < count; i++)
                if (!Arrays.equals(replies.get(i).get().ids(), alone.submit(all.get(i)).get().ids())) different++;
        }
        double[] running = steps.stream().mapToDouble(EngineStep::running).toArray(),
                waiting = steps.stream().mapToDouble(EngineStep::waiting).toArray();
        lab.figure(Figure.line("Requests in a real engine", running).named("running").line("waiting", 0, waiting).axes("step", "requests")
                .describedAs("They enter and leave at any step."));
        lab.shows("vllm-continuous-batching", "texts that differ from those written alone", different, exactly(0));
    }
}
