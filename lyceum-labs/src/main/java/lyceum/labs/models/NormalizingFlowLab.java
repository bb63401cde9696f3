package lyceum.labs.models;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.NormalizingFlow;
import lyceum.models.generative.flow.MafConfig;
import lyceum.models.generative.flow.RealNvpConfig;
import lyceum.nn.Adapter;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** A grid of Gaussian noise bent into two moons, and what a density and a sample cost the two kinds of autoregressive flow. */
@Lab(topics = {"normalizing-flows", "autoregressive-flows"}, title = "Clay bent into moons, with the volume counted")
final class NormalizingFlowLab implements LabBody {
    @Override public void run(LabContext lab) {
        int couplings = lab.param("couplings", 6, 2, 16), width = lab.param("width", 32, 8, 128), epochs = lab.param("epochs", 12, 1, 100);
        var moons = Datasets.moons(lab.rng(1), 2_000, 0.1).x();
        var flow = NormalizingFlow.realNvp(new RealNvpConfig(2, couplings, width), lab.rng(2));
        train(lab, 3, flow, moons, epochs);
        var plot = Figure.plot("A grid of noise").axes("x", "y").equalScales();
        for (int k = -8; k <= 8; k++) {
            Tensor along = Tensor.linspace(-2.4, 2.4, 161), across = Tensor.full(DType.F64, k * 0.3, 161);
            for (var pair : List.of(Tensor.stack(1, along, across), Tensor.stack(1, across, along))) {
                var bent = flow.decode(pair);
                plot = plot.line("", bent.select(1, 0), bent.select(1, 1));
            }
        }
        lab.figure(plot.titled("The grid of noise, bent")
                .describedAs("A square grid over the normal law comes out as two moons, joined by a thin bridge."));
        lab.figure(Figure.plot("Log density, cut at -6").axes("x", "y").equalScales()
                .surface(-1.8, 2.8, -1.3, 1.8, x -> flow.logDensity(x).maximum(-6)).points("data", moons.narrow(0, 0, 200))
                .describedAs("Two crescents of high density; the flow cannot tear space, and a faint bridge remains."));
        lab.say("Mean log density %.3f nats; a Gaussian of the same covariance reaches about -1.9.", flow.score(moons));
        lab.shows("normalizing-flows", "mean log density", flow.score(moons), above(-1.6));

        var rows = new ArrayList<List<?>>();
        for (int d : new int[] {2, 8, 32}) {
            var maf = NormalizingFlow.maf(new MafConfig(d, 1, 64), lab.rng(4));
            rows.add(costs(lab, "MAF", maf, d));
            rows.add(costs(lab, "IAF of its weights", maf.inverted(), d));
        }
        lab.table("What 500 items cost", List.of("flow", "d", "passes, density", "passes, sample", "ms, density", "ms, sample"), rows);

        var z = Tensor.randn(lab.rng(6), DType.F64, 4_000, 2);
        Tensor first = z.select(1, 0).mul(2), second = first.square().div(4).add(z.select(1, 1));
        double[] scores = new double[2];
        var panels = new ArrayList<Plot>();
        for (boolean natural : new boolean[] {true, false}) {
            var data = Tensor.stack(1, natural ? first : second, natural ? second : first).compute();
            var maf = NormalizingFlow.maf(new MafConfig(2, 1, width), lab.rng(7));
            train(lab, 8, maf, data, epochs / 2 + 1);
            scores[natural ? 0 : 1] = maf.score(data);
            panels.add(Figure.plot(natural ? "x1, then x2 given x1" : "x2, then x1 given x2").axes("x1", "x2")
                    .surface(-5, 5, -3, 8, x -> maf.logDensity(natural ? x : x.flip(1)).maximum(-9)).contours(-8, -7, -6, -5, -4, -3));
        }
        lab.figure(Figure.row("Log density of one layer on a banana, by order", panels.toArray(Plot[]::new))
                .describedAs("In the natural order contours follow the banana; in the other one normal law has to cover both arms."));
        lab.say("One layer reaches %.3f nats in the natural order, %.3f in the other; the banana's entropy is 3.53.", scores[0], scores[1]);
        lab.shows("autoregressive-flows", "nats that the right order is worth", scores[0] - scores[1], above(0.05));
    }

    private static void train(LabContext lab, int stream, NormalizingFlow flow, Tensor x, int epochs) {
        int n = (int) x.size(0);
        new Trainer(new Adam(5e-3), epochs).withBatchSize(100).withSchedule(new Schedule.Cosine(epochs * n / 100))
                .start(flow.transform(), n, flow.over(x), null, lab.rng(stream)).finish(lab.progress());
    }

    private static List<Object> costs(LabContext lab, String name, NormalizingFlow flow, int d) {
        var calls = new AtomicInteger();
        Adapter counter = (in, out, pass) -> {
            calls.incrementAndGet();
            return out;
        };
        var network = flow.transform().modules("*network").values().iterator().next().attach(counter);
        var x = Tensor.randn(lab.rng(5), 500, d).compute();
        long start = System.nanoTime();
        flow.logDensity(x);
        long middle = System.nanoTime();
        int density = calls.getAndSet(0);
        flow.sample(500, lab.rng(6));
        double end = (System.nanoTime() - middle) / 1e6;
        network.detach(counter);
        return List.of(name, d, density, calls.get(), (middle - start) / 1e6, end);
    }
}
