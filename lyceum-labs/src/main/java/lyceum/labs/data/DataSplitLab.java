package lyceum.labs.data;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.between;
import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.SealedTestSet;
import lyceum.data.SparseCounts;
import lyceum.data.Split;
import lyceum.data.Strata;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The best of many worthless models looks good where it was chosen and nowhere else; then four ways to cut a box of mails. */
@Lab(topics = "data-split", title = "The winner's luck stays behind")
final class DataSplitLab implements LabBody {
    private static final int FEATURES = 20, TEST = 2000;

    @Override public void run(LabContext lab) {
        int models = lab.param("models", 200, 200, 1000), validation = lab.param("validation", 200, 50, 400),
                repeats = lab.param("repeats", 50, 30, 200);

        double[] chosen = new double[models], later = new double[models];
        for (int r : lab.progress("repeats", repeats)) {
            var rng = lab.rng(r);
            int n = validation + TEST;
            var coins = Dataset.of(Tensor.randn(rng, DType.F64, n, FEATURES), Tensor.randint(rng, 0, 2, n));
            var parts = Split.random(coins, rng, validation / (double) n, TEST / (double) n);
            var test = SealedTestSet.of(parts.get(1), 1);
            var weights = Tensor.randn(rng, DType.F64, FEATURES, models);
            var onValidation = accuracies(parts.get(0), weights);
            var onTest = accuracies(test.open("all models at once, for the curve"), weights);
            int best = 0;
            for (int m = 0; m < models; m++) {
                if (onValidation[m] > onValidation[best]) best = m;
                chosen[m] += onValidation[best] / repeats;
                later[m] += onTest[best] / repeats;
            }
        }
        double promised = chosen[models - 1], kept = later[models - 1];
        lab.say("The labels are coins, so every model is right half of the time. The best of %d scores %.1f%% on %d validation rows and %.1f%% on the sealed test set.",
                models, 100 * promised, validation, 100 * kept);
        lab.figure(Figure.line("Accuracy of the best model so far", 1, chosen).named("validation, where it was chosen")
                .line("sealed test set", 1, later)
                .line("0.5 + 0.5 sqrt(2 ln m / n)", 1, models, m -> 0.5 + 0.5 * Math.sqrt(2 * Math.log(m) / validation)).dashed()
                .axes("models tried", "accuracy").logX().describedAs(
                        "With more models tried the winner's validation accuracy climbs along the bound, while its test accuracy stays at one half."));
        lab.check(6, "mean validation accuracy of the chosen model", promised, above(0.55));
        lab.check(6, "its mean accuracy on the sealed test set", kept, between(0.49, 0.51));

        cuts(lab, Datasets.spamAssassin());
    }

    private static double[] accuracies(Dataset data, Tensor weights) {
        return data.x().matmul(weights).gt(0).to(DType.I64).eq(data.y().unsqueeze(1)).to(DType.F64).mean(0).toDoubleArray();
    }

    private static void cuts(LabContext lab, SparseCounts mails) {
        int n = mails.size();
        var contents = IntStream.range(0, n).mapToObj(i -> text(mails, i)).toList();
        var copies = Strata.codes(contents);
        var rng = Rng.of(lab.seed());
        var random = Split.random(n, rng, 0.8, 0.2);
        var stratified = Split.stratified(mails.labels(), rng, 0.8, 0.2);
        var grouped = Split.grouped(copies, rng, 0.8, 0.2);
        var hashed = Split.byKey(contents, 1, 0.8, 0.2);
        lab.table("Ways to cut 6,046 mails",
                List.of("cut", "train", "test", "spam in train", "spam in test", "test mails with a copy in train"),
                List.of(row("as they stand", Split.byTime(LongStream.range(0, n).toArray(), 0, 0.8, 0.2), mails, copies),
                        row("random", random, mails, copies), row("stratified by class", stratified, mails, copies),
                        row("grouped by content", grouped, mails, copies), row("by hash of content", hashed, mails, copies)));
        lab.say("The mails stand in order of class, so the uncut order is useless; a random cut is fair in class but leaves copies of training mails in the test set.");

        var before = Split.byKey(contents.subList(0, n / 2), 1, 0.8, 0.2).assignment();
        var after = hashed.assignment();
        lab.check(4, "old mails that move when new ones come", IntStream.range(0, n / 2).filter(i -> before[i] != after[i]).count(),
                exactly(0));
    }

    private static List<Object> row(String name, Split split, SparseCounts mails, int[] copies) {
        int[] train = split.get(0), test = split.get(1);
        return List.of(name, train.length, test.length, spam(train, mails) / train.length, spam(test, mails) / test.length,
                straddling(split, copies));
    }

    private static double spam(int[] rows, SparseCounts mails) { return Arrays.stream(rows).map(row -> mails.labels()[row]).sum(); }

    private static int straddling(Split split, int[] copies) {
        var trained = new HashSet<Integer>();
        for (int row : split.get(0)) trained.add(copies[row]);
        return (int) Arrays.stream(split.get(1)).filter(row -> trained.contains(copies[row])).count();
    }

    /** A mail's counts as one text: equal mails, equal texts. */
    private static String text(SparseCounts mails, int row) {
        return IntStream.range(mails.rowStarts()[row], mails.rowStarts()[row + 1])
                .mapToObj(e -> mails.columns()[e] + ":" + mails.counts()[e]).collect(Collectors.joining(" "));
    }
}
