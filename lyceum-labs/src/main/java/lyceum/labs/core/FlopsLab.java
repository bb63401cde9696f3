package lyceum.labs.core;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.FlopCounter;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Embedding;
import lyceum.nn.GptBlock;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A training step of a decoder, counted by shape alone: any size in no memory. And a small one by the clock. */
@Lab(topics = "flops", title = "Where the arithmetic of a training step is")
final class FlopsLab implements LabBody {

    @Override public void run(LabContext lab) {
        int layers = lab.param("layers", 12, 1, 100), width = 64 * lab.param("width in heads of 64", 12, 1, 128);
        int length = lab.param("length", 1_024, 16, 131_072), vocabulary = lab.param("vocabulary", 50_257, 256, 256_000);
        var step = FlopCounter.ofShapes(() -> step(layers, width, length, vocabulary));
        double weights = 12.0 * layers * width * width + (double) vocabulary * width, short6 = FlopCounter.training(weights, length),
                whole = FlopCounter.training(weights, length, layers, width, length);
        lab.say("A step on one sequence takes %.4g operations in products; 6ND says %.4g, with attention %.4g.", (double) step.products(),
                short6, whole);
        lab.shows("products over 6ND + 12 layers width T D", step.products() / whole, equalTo(1, 1e-12));
        var rows = new ArrayList<List<?>>();
        step.byPart().forEach((part, products) -> {
            if (part.isEmpty() || part.startsWith("block 0") || part.equals("head"))
                rows.add(List.of(part.isEmpty() ? "all" : part, products / 1e9, 100.0 * products / step.products()));
        });
        lab.table("By part, the first block for all", List.of("part", "products [GFLOP]", "share [%]"), rows);

        double[] lengths = new double[12], attention = new double[12];
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = 64 << i;
            int t = 64 << i;
            double products = FlopCounter.ofShapes(() -> step(1, width, t, 1)).products(),
                    dense = 72.0 * width * width * t + 6.0 * width * t;
            attention[i] = 100 * (products - dense) / products;
        }
        lab.figure(Figure.plot("Attention's share of a block").line("counted by shape", lengths, attention)
                .verticalLine(6.0 * width, "6 widths").axes("length [tokens]", "share of the block's products [%]").logX().describedAs(
                        "The scores and sums of attention grow with the square of the length: at six widths they are half of the work, and 6ND is half the truth."));

        FlopCounter.count(() -> step(1, 128, 128, 512)); // warms up
        var small = FlopCounter.ofShapes(() -> step(2, 256, 128, 1_024));
        double best = Double.POSITIVE_INFINITY;
        for (int i : lab.progress("steps by the clock", 5)) {
            long start = System.nanoTime();
            step(2, 256, 128, 1_024);
            best = Math.min(best, (System.nanoTime() - start) * 1e-9);
        }
        double used = small.utilisation(best, FlopCounter.peak());
        lab.say("A small step, made with its weights and all, takes %.1f ms here: %.0f%% of the measured peak of %.0f GFLOP/s.", 1e3 * best,
                100 * used, FlopCounter.peak() * 1e-9);
        lab.shows("model-FLOP utilisation of the small step", used, above(0));
    }

    private static void step(int layers, int width, int length, int vocabulary) {
        var rng = Rng.of(1);
        var pass = Pass.training(rng);
        var ids = Tensor.zeros(DType.I64, 1, length);
        var h = new Embedding(vocabulary, width, rng).forward(ids, pass);
        for (int i = 0; i < layers; i++) {
            var x = h;
            h = FlopCounter.part("block " + i, () -> new GptBlock(width, width / 64, rng).forward(x, pass));
        }
        var last = h;
        var head = new Linear(width, vocabulary, false, DType.F32, Init.normal(0.02), rng);
        FlopCounter.part("head", () -> head.forward(last, pass)).logSumExp(-1).mean().backward();
    }
}
