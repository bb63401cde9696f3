package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.GenerativeMetrics;
import lyceum.models.generative.GenerativeMetrics.Moments;
import lyceum.models.generative.GenerativeReport;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Five ways to spoil digits and one thief, seen by every measure: which of them is fooled? */
@Lab(topics = "generative-metrics", title = "Which measure sees the thief?")
final class GenerativeMetricsLab implements LabBody {

    @Override public void run(LabContext lab) {
        double noise = lab.param("noise", 0.2, 0.0, 1.0);
        int blur = lab.param("blurring passes", 2, 0, 6), dimensions = lab.param("dimensions of the bias figure", 32, 2, 64);
        var digits = Datasets.digits();
        var pixels = digits.x().to(DType.F64).div(16).compute();
        int[] order = lab.rng(1).permutation(1_797);
        Tensor shuffled = pixels.rows(order), train = shuffled.narrow(0, 0, 600), heldOut = shuffled.narrow(0, 600, 600);
        var fresh = shuffled.narrow(0, 1_200, 597);

        Map<String, Tensor> generators = new LinkedHashMap<>();
        generators.put("fresh real digits", fresh);
        generators.put("noise", fresh.add(Tensor.randn(lab.rng(2), DType.F64, 597, 64).mul(noise)));
        generators.put("blur", blurred(fresh, blur));
        generators.put("a hundred of them, repeated", fresh.narrow(0, 0, 100).repeat(0, 6).narrow(0, 0, 597));
        generators.put("mean of two digits", fresh.add(fresh.flip(0)).div(2));
        generators.put("paler", fresh.mul(0.7));
        generators.put("the thief: training digits", train.narrow(0, 0, 597).add(Tensor.randn(lab.rng(3), DType.F64, 597, 64).mul(0.01)));
        var rows = new ArrayList<List<?>>();
        var reports = new LinkedHashMap<String, GenerativeReport>();
        for (var g : generators.entrySet()) {
            var report = GenerativeMetrics.report(train, heldOut, g.getValue(), lab.rng(4));
            var near = report.neighbourhoods();
            reports.put(g.getKey(), report);
            rows.add(List.of(g.getKey(), report.frechet(), report.kid().mean(), near.precision(), near.recall(), near.coverage(),
                    report.memorisation().fake(), report.memorisation().flagged() ? "copies!" : ""));
        }
        lab.table("Seven generators of digits, features are the pixels",
                List.of("generator", "Frechet", "KID", "precision", "recall", "coverage", "nearest training digit", "flag"), rows);
        String[] names = generators.keySet().toArray(String[]::new);
        lab.figure(Figure
                .bar("Frechet distance: the thief wins", names, reports.values().stream().mapToDouble(GenerativeReport::frechet).toArray())
                .axes("generator", "Frechet distance to the training digits")
                .describedAs("The thief is at distance nearly 0, below fresh real digits; every corruption is above them."));
        lab.figure(Figure
                .bar("Nearest training digit: the thief is caught", names,
                        reports.values().stream().mapToDouble(r -> r.memorisation().fake()).toArray())
                .axes("generator", "median distance")
                .describedAs("The thief's bar nearly vanishes; real digits are a good way from any training digit."));
        for (var warning : reports.get(names[names.length - 1]).warnings()) lab.say("Of the thief: %s.", warning);

        int d = dimensions;
        int[] sizes = {250, 350, 500, 700, 1_000, 2_000};
        var line = GenerativeMetrics.frechetExtrapolated(new Moments(new double[d], Tensor.eye(DType.F64, d).toRows()),
                Tensor.randn(lab.rng(5), DType.F64, 3_000, d), sizes, lab.rng(6));
        var inverse = new double[sizes.length];
        for (int i = 0; i < sizes.length; i++) inverse[i] = 1.0 / sizes[i];
        lab.figure(Figure.plot("The true law against itself").points("measured", inverse, line.distances())
                .line("line", 0, inverse[0], x -> line.value() + line.slope() * x).axes("1 / n", "Frechet distance")
                .describedAs("The distance of equal laws is not 0 but grows as 1/n; the line through the sizes leads back to 0."));
        var thief = reports.get(names[names.length - 1]);
        lab.shows("thief's Frechet distance over fresh digits'", thief.frechet() / reports.get(names[0]).frechet(), below(0.5));
        lab.shows("thief's nearest distance over held-out digits'", thief.memorisation().fake() / thief.memorisation().heldOut(),
                below(0.5));
        lab.shows("R squared of the line", line.rSquared(), above(0.9));
        lab.shows("repeated digits' recall less fresh ones'",
                reports.get(names[3]).neighbourhoods().recall() - reports.get(names[0]).neighbourhoods().recall(), below(0));
    }

    /** Each pixel with its neighbours, by moving the picture one step each way. */
    private static Tensor blurred(Tensor x, int times) {
        var pictures = x.reshape(x.size(0), 8, 8);
        for (int k = 0; k < times; k++)
            pictures = pictures.mul(2).add(pictures.roll(1, 1)).add(pictures.roll(1, -1)).add(pictures.roll(2, 1)).add(pictures.roll(2, -1))
                    .div(6);
        return pictures.reshape(x.size(0), 64).compute();
    }
}
