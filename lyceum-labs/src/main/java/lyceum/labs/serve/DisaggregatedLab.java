package lyceum.labs.serve;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.plot.Figure;
import lyceum.serve.DisaggregatedEngine;
import lyceum.serve.Engine;
import lyceum.serve.EngineOptions;
import lyceum.serve.LocalWorker;
import lyceum.serve.Request;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.serve.simulate.Arrival;
import lyceum.serve.simulate.CostModel;
import lyceum.serve.simulate.FleetSimulation;
import lyceum.serve.simulate.ServedRequest;
import lyceum.serve.simulate.ServingReport;

/** Four servers that do everything, or some that read prompts and some that write: latency, goodput, and the bytes that the split costs. */
@Lab(topics = "disaggregated-serving", title = "Kitchen and counter")
final class DisaggregatedLab implements LabBody {
    @Override public void run(LabContext lab) {
        double rate = lab.param("requests a second", 16.0, 1.0, 30.0), link = lab.param("link, GB a second", 50.0, 0.1, 400.0);
        int prompt = lab.param("ids of a prompt, median", 2000, 100, 4000), answer = lab.param("ids of an answer, median", 60, 10, 500);
        int count = lab.param("requests", 200, 50, 1000);
        var cost = CostModel.accelerator();
        var fleet = new FleetSimulation(new SchedulerOptions().withChunk(SchedulerOptions.WHOLE).withTokenBudget(16_384), cost, 4)
                .withTransferSeconds(131_072 / (link * 1e9));
        double target = 1.5 * cost.seconds(1, 0);
        double[] rates = {0.25 * rate, 0.5 * rate, 0.75 * rate, rate, 1.15 * rate}, together = new double[rates.length],
                apart = new double[rates.length];
        ServingReport one = null, two = null;
        for (int i : lab.progress("rates", rates.length)) {
            var trace = Arrival.poisson(count, rates[i], Arrival.lognormal(prompt, 0.5, 3 * prompt),
                    Arrival.lognormal(answer, 0.5, 4 * answer), lab.rng(1));
            ServingReport all = fleet.run(trace), split = fleet.withReaders(2).run(trace);
            together[i] = all.goodput(1, target);
            apart[i] = split.goodput(1, target);
            if (i != 3) continue;
            one = all;
            two = split;
        }
        lab.figure(Figure.line("Requests a second that meet both targets", rates, together).named("each does everything")
                .line("two read, two write", rates, apart).axes("requests a second", "requests a second in time").describedAs(
                        "First id within a second, others in one and a half lone steps: apart, load hardly shows until the readers are full."));
        lab.figure(timeline("Steps of four servers that do everything", one));
        lab.figure(timeline("Steps of two readers and two writers", two));
        lab.table("At the given rate", List.of("servers", "first id, p99 s", "an id, p99 ms", "in time a second"),
                List.of(row("everything", one, target), row("split", two, target)));
        lab.shows("p99 time of an id over colocated",
                two.percentile(ServedRequest::perToken, 0.99) / one.percentile(ServedRequest::perToken, 0.99), atMost(0.5));
        lab.shows("goodput over colocated", apart[3] / together[3], atLeast(1.2));
        engines(lab);
    }

    private static List<?> row(String name, ServingReport report, double target) {
        return List.of(name, report.percentile(ServedRequest::firstToken, 0.99), 1000 * report.percentile(ServedRequest::perToken, 0.99),
                report.goodput(1, target));
    }

    private static Figure timeline(String title, ServingReport report) {
        List<Double> reads = new ArrayList<>(), readTimes = new ArrayList<>(), writes = new ArrayList<>(), writeTimes = new ArrayList<>();
        for (var step : report.steps()) {
            if (step.start() > 4) break;
            (step.prefilled() > 0 ? readTimes : writeTimes).add(step.start());
            (step.prefilled() > 0 ? reads : writes).add(1000 * (step.end() - step.start()));
        }
        return Figure.plot(title).points("with a prompt", array(readTimes), array(reads))
                .points("ids alone", array(writeTimes), array(writes)).logY().axes("s", "ms of the step")
                .describedAs("Whoever is in a step with a prompt waits for it.");
    }

    private static double[] array(List<Double> values) { return values.stream().mapToDouble(d -> d).toArray(); }

    /** The same with a model: what goes over the line. */
    private static void engines(LabContext lab) {
        var model = new DecoderLM(DecoderConfig.llama(64, 128, 2, 32, 4, 2, 64).withDeviation(0.3), lab.rng(2));
        var requests = new ArrayList<Request>();
        for (int i = 0; i < 12; i++) requests.add(Request.greedy(Arrays.copyOf(lab.rng(10 + i).permutation(64), 5 + 3 * i), 8));
        try (var unified = new Engine(model, null, new EngineOptions());
                var split = new DisaggregatedEngine(model, null, List.of(new LocalWorker(model, 100, 16, DType.F32)),
                        List.of(new LocalWorker(model, 100, 16, DType.F32)))) {
            var replies = requests.stream().map(split::submit).toList();
            int different = 0;
            for (int i = 0; i < requests.size(); i++)
                if (!Arrays.equals(replies.get(i).get().ids(), unified.submit(requests.get(i)).get().ids())) different++;
            long tokens = requests.stream().mapToLong(r -> r.prompt().length).sum();
            lab.say("%d positions went over in %,d bytes.", tokens, split.transferredBytes());
            lab.shows("bytes sent over 2 layers x heads x width x positions x 4", split.transferredBytes() / (2.0 * 2 * 2 * 8 * tokens * 4),
                    exactly(1));
            lab.shows("texts that differ from one engine's", different, exactly(0));
        }
    }
}
