package lyceum.labs.serve;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.plot.Figure;
import lyceum.serve.Engine;
import lyceum.serve.EngineOptions;
import lyceum.serve.Fleet;
import lyceum.serve.Request;
import lyceum.serve.Router;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.serve.simulate.Arrival;
import lyceum.serve.simulate.CostModel;
import lyceum.serve.simulate.ServedRequest;
import lyceum.serve.simulate.ServingReport;
import lyceum.serve.simulate.ServingSimulation;

/** One server under load, its features switched on one by one; then three engines behind a router that knows who has seen what. */
@Lab(topics = "serving-at-scale", title = "Twenty requests a second")
final class ServingLab implements LabBody {
    private record Setup(String name, SchedulerOptions options, boolean reuse) {}

    @Override public void run(LabContext lab) {
        double rate = lab.param("requests a second", 10.0, 1.0, 40.0);
        int count = lab.param("requests", 150, 50, 1000), prompts = lab.param("system prompts", 7, 1, 20),
                routed = lab.param("routed requests", 40, 10, 200);
        var plain = Arrival.poisson(count, rate, Arrival.lognormal(400, 0.8, 3000), Arrival.lognormal(60, 0.7, 300), lab.rng(1));
        var trace = new ArrayList<Arrival>(); // one of a few beginnings of 512 ids before each prompt
        for (int i = 0; i < count; i++) {
            var ids = new int[512 + plain.get(i).prompt().length];
            Arrays.fill(ids, 0, 512, -1 - i % prompts);
            System.arraycopy(plain.get(i).prompt(), 0, ids, 512, ids.length - 512);
            trace.add(new Arrival(plain.get(i).time(), ids, plain.get(i).output()));
        }
        var one = new SchedulerOptions().withMaxRunning(1).withTokenBudget(8192).withChunk(SchedulerOptions.WHOLE);
        var many = one.withMaxRunning(64);
        var chunked = many.withChunk(512).withTokenBudget(576);
        var setups = List.of(new Setup("one by one", one, false), new Setup("continuous", many, false),
                new Setup("chunked", chunked, false), new Setup("prefix reuse", chunked, true));
        var rows = new ArrayList<List<?>>();
        var reports = new ArrayList<ServingReport>();
        for (int i : lab.progress("features", setups.size())) {
            var s = setups.get(i);
            var report = new ServingSimulation(s.options, CostModel.accelerator(), () -> new BlockPool(8192, 16), s.reuse).run(trace);
            reports.add(report);
            rows.add(List.of(s.name, report.throughput(), report.percentile(ServedRequest::firstToken, 0.99),
                    1000 * ServingReport.percentile(report.gaps(), 0.99),
                    (double) report.reusedTokens() / (report.reusedTokens() + report.computedTokens())));
        }
        lab.table("Features one by one",
                List.of("with", "ids a second", "first id, p99 s", "between ids, p99 ms", "share of positions known"), rows);
        var names = setups.stream().map(Setup::name).toArray(String[]::new);
        lab.figure(Figure
                .bar("Time to the first id, p99", names,
                        reports.stream().mapToDouble(r -> r.percentile(ServedRequest::firstToken, 0.99)).toArray())
                .axes("features so far", "s").describedAs("Batching ends the queue; what was computed before need not be computed again."));
        lab.figure(Figure
                .bar("Time between ids, p99", names,
                        reports.stream().mapToDouble(r -> 1000 * ServingReport.percentile(r.gaps(), 0.99)).toArray())
                .axes("features so far", "ms")
                .describedAs("Alone a text flows; long prompts of others stall it; chunks let it flow again."));
        lab.shows("p99 between ids, chunked over whole",
                ServingReport.percentile(reports.get(2).gaps(), 0.99) / ServingReport.percentile(reports.get(1).gaps(), 0.99), atMost(0.5));
        double aware = hits(lab, Router.Policy.PREFIX, prompts, routed), turns = hits(lab, Router.Policy.ROUND_ROBIN, prompts, routed);
        lab.say("Share of positions that three engines knew: %.2f by turns, %.2f when the router knows who has seen what.", turns, aware);
        lab.shows("hit rate of the router that knows, less that by turns", aware - turns, above(0));
    }

    private static double hits(LabContext lab, Router.Policy policy, int prompts, int count) {
        var model = new DecoderLM(DecoderConfig.llama(64, 128, 1, 16, 2, 1, 24), lab.rng(2));
        var options = new EngineOptions().withBlocks(80).withBlockSize(8);
        try (var fleet = new Fleet(
                List.of(new Engine(model, null, options), new Engine(model, null, options), new Engine(model, null, options)),
                new Router(3, policy, 8, 200, 80))) {
            for (int i = 0; i < count; i++) {
                var prompt = new int[72];
                var rng = lab.rng(3 + i % prompts);
                for (int j = 0; j < 64; j++) prompt[j] = rng.nextInt(64);
                for (int j = 64; j < 72; j++) prompt[j] = (i + j) % 64;
                fleet.submit(Request.greedy(prompt, 2)).get();
            }
            return fleet.hitRate();
        }
    }
}
