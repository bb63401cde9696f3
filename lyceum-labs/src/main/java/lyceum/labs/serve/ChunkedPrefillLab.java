package lyceum.labs.serve;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.serve.simulate.Arrival;
import lyceum.serve.simulate.CostModel;
import lyceum.serve.simulate.ServingReport;
import lyceum.serve.simulate.ServingSimulation;

/** Somebody pastes a long text while others are being answered: steps with and without chunks, and the gaps that the others see. */
@Lab(topics = "chunked-prefill", title = "A long text and thirty-two others")
final class ChunkedPrefillLab implements LabBody {
    @Override public void run(LabContext lab) {
        int decodes = lab.param("texts that are written", 32, 4, 64), prompt = lab.param("ids of the long prompt", 4096, 256, 16_384);
        int chunk = lab.param("chunk", 256, 16, 4096);
        var rng = lab.rng(1);
        var trace = new ArrayList<Arrival>();
        for (int i = 0; i < decodes; i++) trace.add(Arrival.of(0, 16, 64, rng));
        trace.add(Arrival.of(0.15, prompt, 1, rng));
        var options = new SchedulerOptions().withMaxRunning(decodes + 1);
        var whole = run(options.withChunk(SchedulerOptions.WHOLE).withTokenBudget(Math.max(8192, prompt + 64)), trace);
        var chunked = run(options.withChunk(chunk).withTokenBudget(chunk + decodes), trace);
        lab.figure(bars("Ids of each step, the prompt in one", whole));
        lab.figure(bars("Ids of each step, the prompt in chunks", chunked));
        double[] sizes = {32, 64, 128, 256, 512, 1024, 2048, 4096}, p99 = new double[sizes.length], first = new double[sizes.length];
        for (int i : lab.progress("chunks", sizes.length)) {
            var report = run(options.withChunk((int) sizes[i]).withTokenBudget((int) sizes[i] + decodes), trace);
            p99[i] = 1000 * ServingReport.percentile(report.gaps(), 0.99);
            first[i] = 1000 * report.requests().getLast().firstToken();
        }
        lab.figure(Figure.line("What the chunk's size decides", sizes, p99).named("p99 gap of the others")
                .line("first id of the long prompt", sizes, first).axes("ids of a chunk", "ms").logX()
                .describedAs("Small chunks read the weights more often: the long prompt waits longer. Large ones stall the others."));
        double w = ServingReport.percentile(whole.gaps(), 0.99), c = ServingReport.percentile(chunked.gaps(), 0.99);
        lab.say("p99 between two ids: %.1f ms whole, %.1f ms in chunks of %d.", 1000 * w, 1000 * c, chunk);
        lab.shows("p99 gap over unchunked", c / w, atMost(0.25));
        lab.shows("throughput over unchunked", chunked.throughput() / whole.throughput(), atLeast(0.95));
    }

    private static ServingReport run(SchedulerOptions options, List<Arrival> trace) {
        return new ServingSimulation(options, CostModel.accelerator()).run(trace);
    }

    private static Figure bars(String title, ServingReport report) {
        int n = Math.min(60, report.steps().size());
        double[] decoded = new double[n], prefilled = new double[n];
        for (int s = 0; s < n; s++) {
            decoded[s] = report.steps().get(s).decoded();
            prefilled[s] = report.steps().get(s).prefilled();
        }
        return Figure.bars(title, Figure.numbered(0, n - 1), Series.of("decoded", decoded), Series.of("of prompts", prefilled)).stacked()
                .axes("step", "ids").describedAs("A step takes as long as its ids need, beyond some 150 of them.");
    }
}
