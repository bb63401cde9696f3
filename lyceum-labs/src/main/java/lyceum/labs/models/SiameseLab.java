package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.ssl.EpisodeSampler;
import lyceum.models.ssl.Gallery;
import lyceum.models.ssl.SiameseConfig;
import lyceum.models.ssl.SiameseNetwork;
import lyceum.models.ssl.Verification;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.loss.ContrastiveLoss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.train.Trainer;

/** Digits are verified rather than classified: same or not, for pairs of classes that were practised and of classes that never were. */
@Lab(topics = "siamese-network", title = "One hand or two")
final class SiameseLab implements LabBody {
    private static final int PAIRS = 2_000, SHOWN = 200;

    @Override public void run(LabContext lab) {
        int width = lab.param("numbers of an embedding", 2, 2, 32), epochs = lab.param("epochs", 30, 1, 300),
                enrolled = lab.param("enrolled examples", 1, 1, 10);
        double margin = lab.param("margin", 1.0, 0.1, 5.0);
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16);
        Dataset known = EpisodeSampler.only(digits, 0, 1, 2, 3, 4, 5, 6), train = known.head(900), test = known.range(900, known.size()),
                strange = EpisodeSampler.only(digits, 7, 8, 9);
        var rng = lab.rng(1);
        var net = new SiameseNetwork(new Linear(64, 64, rng).then(Activation.RELU).then(new Linear(64, width, rng)), new SiameseConfig());
        var before = scatter(net, test, "Before");
        var untrained = net.verification(test, PAIRS, lab.rng(2));
        new Trainer(new Adam(2e-3), epochs).withBatchSize(64)
                .start(net, train.size(), net.pairs(train, new ContrastiveLoss().withMargin(margin)), null, lab.rng(3))
                .finish(lab.progress());
        lab.figure(Figure.row("Where seven digits lie", before, scatter(net, test, "After")).describedAs(
                "Embeddings of held-out images, first two numbers, before and after training: a mixed cloud becomes seven spots."));

        Verification check = net.verification(test, PAIRS, lab.rng(2)), unseen = net.verification(strange, PAIRS, lab.rng(4));
        var equal = check.equalError();
        lab.figure(Figure.histogram("Distances of pairs", check.genuine()).add("two digits", check.impostor()).named("one digit")
                .axes("distance of the embeddings", "pairs").verticalLine(equal.threshold(), "equal errors").describedAs(
                        "Distances of pairs of one digit gather near 0, those of two digits beyond the margin; the threshold of equal errors lies between."));
        var strict = check.atFalseAccepts(0.001);
        lab.table("Thresholds", List.of("chosen for", "threshold", "false accepts", "false rejects", "a false match among 10,000"),
                List.of(List.of("equal errors", equal.threshold(), equal.falseAccepts(), equal.falseRejects(),
                        Verification.falseMatchAmong(equal.falseAccepts(), 10_000)),
                        List.of("0.1% false accepts", strict.threshold(), strict.falseAccepts(), strict.falseRejects(),
                                Verification.falseMatchAmong(strict.falseAccepts(), 10_000))));
        lab.table("Area under the ROC curve", List.of("pairs of", "AUC"),
                List.of(List.of("practised digits, untrained network", untrained.auc()), List.of("practised digits", check.auc()),
                        List.of("digits 7, 8 and 9, never seen", unseen.auc())));

        double right = identified(net, strange, enrolled);
        lab.say("Equal errors of %.1f%%. Three digits that it never saw are named from %d example each: %.0f%% right, where guessing gives a third.",
                100 * equal.rate(), enrolled, 100 * right);
        lab.shows("AUC of held-out pairs", check.auc(), atLeast(epochs < 20 ? 0.5 : 0.9));
        lab.shows("equal error rate", equal.rate(), below(epochs < 20 ? 0.6 : 0.2));
    }

    /** The first examples of each class are enrolled, the others are asked for. */
    private static double identified(SiameseNetwork net, Dataset data, int enrolled) {
        int[] labels = data.labels(), counts = new int[10], first = new int[3 * enrolled], who = new int[first.length];
        int n = 0;
        for (int i = 0; i < labels.length && n < first.length; i++) if (counts[labels[i]]++ < enrolled) {
            who[n] = labels[i];
            first[n++] = i;
        }
        var all = net.embed(data.x(), 256);
        int[] named = new Gallery(all.rows(first), who).identify(all, Double.POSITIVE_INFINITY);
        int right = 0;
        for (int i = 0; i < labels.length; i++) if (named[i] == labels[i]) right++;
        return (double) (right - first.length) / (labels.length - first.length);
    }

    private static Plot scatter(SiameseNetwork net, Dataset data, String title) {
        return Figure
                .plot(title).points(net.embed(data.x(), 256).narrow(0, 0, SHOWN).contiguous(), data.head(SHOWN).labels(), "0", "1", "2",
                        "3", "4", "5", "6")
                .axes("first number", "second number").describedAs("Embeddings of 200 held-out images, coloured by digit.");
    }
}
