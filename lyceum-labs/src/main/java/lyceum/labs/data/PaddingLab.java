package lyceum.labs.data;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.DataLoader;
import lyceum.data.PadCollator;
import lyceum.data.PadCollator.Side;
import lyceum.data.PaddedBatch;
import lyceum.data.Sampler;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** What a batch of texts carries along for nothing, drawn at random or by length; and that a mask makes it harmless. */
@Lab(topics = "padding-token", title = "Half of the batch is air")
final class PaddingLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("texts", 8000, 500, 40_000), size = lab.param("batch", 16, 2, 64),
                pool = lab.param("batches sorted together", 50, 1, 200);
        var side = lab.choice("side", "left", "left", "right").equals("left") ? Side.LEFT : Side.RIGHT;
        var rng = lab.rng(0);
        var lengths = new int[n];
        for (int i = 0; i < n; i++) lengths[i] = (int) Math.clamp(Math.exp(3.15 + 0.45 * rng.nextGaussian()), 2, 90);

        var random = DataLoader.of(n, size, lab.rng(1));
        var bucketed = random.withSampler(Sampler.byLength(lengths, size, pool));
        var collator = new PadCollator(0).withSide(side);
        lab.figure(Figure
                .grid("Four batches each", 4, grid("random", collator, lengths, random, 0), grid("random", collator, lengths, random, 1),
                        grid("random", collator, lengths, random, 2), grid("random", collator, lengths, random, 3),
                        grid("by length", collator, lengths, bucketed,
                                0),
                        grid("by length", collator, lengths, bucketed, 1), grid("by length", collator, lengths, bucketed, 2),
                        grid("by length", collator, lengths, bucketed, 3))
                .describedAs(
                        "Dark slots hold tokens, light ones filler: random batches are as wide as their longest text, batches by length are nearly full."));

        int[] pools = {1, 2, 5, 10, 20, 50, 100};
        var wasted = new double[pools.length];
        for (int i = 0; i < pools.length; i++)
            wasted[i] = 100 * waste(collator, lengths, random.withSampler(Sampler.byLength(lengths, size, pools[i])));
        double atRandom = waste(collator, lengths, random), byLength = waste(collator, lengths, bucketed);
        lab.figure(Figure.plot("Waste by the number of batches that are sorted together")
                .line("by length", Arrays.stream(pools).asDoubleStream().toArray(), wasted).horizontalLine(100 * atRandom, "random").logX()
                .axes("batches sorted together", "slots of filler in %").describedAs(
                        "Sorting a few dozen batches together removes nearly all filler, and still mixes the texts anew in each pass."));
        lab.say("%.1f%% of the slots of random batches hold filler, %.1f%% of those of buckets.", 100 * atRandom, 100 * byLength);
        lab.shows("waste of random batches", atRandom, atLeast(0.3));
        lab.shows("waste of buckets", byLength, atMost(0.1));
        var seen = new int[n];
        for (var rows : bucketed.pass(0)) for (int row : rows) seen[row]++;
        lab.shows("texts that a pass shows other than once", Arrays.stream(seen).filter(s -> s != 1).count(), exactly(0));

        var batch = collator.collate(List.of(new int[] {3, 1, 4}, new int[] {1, 5, 9, 2, 6, 5, 3}));
        var x = Tensor.randn(lab.rng(2), DType.F64, 10, 8).indexSelect(0, batch.ids().flatten()).reshape(2, 1, 7, 8);
        var seenKeys = new Attention().withCausal(true);
        int from = side == Side.LEFT ? 4 : 0;
        var alone = seenKeys.of(x.get(0).narrow(1, from, 3), x.get(0).narrow(1, from, 3), x.get(0).narrow(1, from, 3));
        double masked = gap(seenKeys.withBias(batch.keyMask()).of(x, x, x), from, alone), open = gap(seenKeys.of(x, x, x), from, alone);
        lab.say("The short text's attention, padded against alone: %.1g apart with the mask, %.2g without it.", masked, open);
        lab.shows("largest difference that filler makes with a mask", masked, below(1e-12));
        if (side == Side.LEFT) lab.shows("without it", open, atLeast(0.01));
    }

    private static double gap(Tensor y, int from, Tensor alone) { return y.get(0).narrow(1, from, 3).sub(alone).abs().max().item(); }

    private static PaddedBatch batch(PadCollator collator, int[] lengths, int[] rows) {
        return collator.collate(Arrays.stream(rows).mapToObj(row -> new int[lengths[row]]).toList());
    }

    private static double waste(PadCollator collator, int[] lengths, DataLoader loader) {
        double filler = 0, slots = 0;
        for (var rows : loader.pass(0)) {
            var batch = batch(collator, lengths, rows);
            filler += batch.waste() * batch.ids().count();
            slots += batch.ids().count();
        }
        return filler / slots;
    }

    private static Plot grid(String title, PadCollator collator, int[] lengths, DataLoader loader, int step) {
        var batch = batch(collator, lengths, loader.pass(0).get(step));
        return Figure.heatmap(title + " " + step, batch.mask().to(DType.F64).toRows(), Figure.numbered(0, batch.rows() - 1),
                Figure.numbered(0, batch.width() - 1)).axes("slot", "text");
    }
}
