package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.theory.VcDimension;

/** Points in the plane, every way to colour them, and which of these lines or rectangles can give. */
@Lab(topics = "vc-dimension", title = "Every colouring of a few points")
final class VcDimensionLab implements LabBody {
    @Override public void run(LabContext lab) {
        String family = lab.choice("class", "half-planes", "half-planes", "rectangles", "vertical cuts");
        String layout = lab.choice("layout", "scattered", "scattered", "diamond", "circle", "line");
        int n = lab.param("points", 4, 1, 6);
        double fourthX = lab.param("lastX", 0.45, 0.0, 1.0), fourthY = lab.param("lastY", 0.4, 0.0, 1.0);

        var rng = lab.rng(3);
        var points = new double[n][];
        for (int i = 0; i < n; i++) {
            double angle = Math.PI * (2.0 * i / n + (layout.equals("diamond") ? 0 : 0.1));
            points[i] = switch (layout) {
                case "scattered" -> new double[] {rng.nextDouble(), rng.nextDouble()};
                case "line" -> new double[] {0.1 + 0.15 * i, 0.2 + 0.1 * i};
                default -> new double[] {0.5 + 0.4 * Math.cos(angle), 0.5 + 0.4 * Math.sin(angle)};
            };
        }
        if (layout.equals("scattered")) points[n - 1] = new double[] {fourthX, fourthY};
        var hypotheses = switch (family) {
            case "rectangles" -> VcDimension.boxes();
            case "vertical cuts" -> VcDimension.thresholds();
            default -> VcDimension.halfspaces();
        };
        int d = switch (family) {
            case "rectangles" -> 4;
            case "vertical cuts" -> 1;
            default -> 3;
        };

        double[] x = Arrays.stream(points).mapToDouble(p -> p[0]).toArray(), y = Arrays.stream(points).mapToDouble(p -> p[1]).toArray();
        var frames = new ArrayList<Figure>();
        int realised = 0;
        for (int code = 0; code < 1 << n; code++) {
            var labels = new boolean[n];
            var classes = new int[n];
            for (int i = 0; i < n; i++) {
                labels[i] = (code >> i & 1) == 1;
                classes[i] = labels[i] ? 1 : 0;
            }
            boolean possible = hypotheses.realises(points, labels);
            if (possible) realised++;
            frames.add(Figure.plot("Colouring " + code + (possible ? ": realised" : ": refuted")).points(x, y, classes, "no", "yes")
                    .axes("x", "y").limitX(0, 1).limitY(0, 1).equalScales()
                    .describedAs(possible ? "Some hypothesis says yes to exactly the yes points."
                            : "No hypothesis of the class says yes to exactly the yes points."));
        }
        lab.figure(Figure.frames("All colourings of " + n + " points by " + family, "colouring", frames)
                .describedAs("Drag through the colourings: the title says whether the class can give it."));
        lab.say("%d of %d colourings are realised: these points are %s.", realised, 1 << n,
                realised == 1 << n ? "shattered" : "not shattered");
        VcDimension.refutation(hypotheses, points).ifPresent(labels -> lab.say("Refuted first: %s.", Arrays.toString(labels)));
        if (family.equals("half-planes") && n == 4) {
            var radon = VcDimension.radon(points);
            lab.say("Radon's partition %s: the point (%.3f, %.3f) is a mixture of either side.", Arrays.toString(radon.labels()),
                    radon.point()[0], radon.point()[1]);
        }
        lab.shows("colourings realised, over Sauer's sum for dimension " + d, realised / VcDimension.sauer(d, n), atMost(1));

        double[] m = new double[16], all = new double[16], sauer = new double[16];
        for (int i = 0; i < 16; i++) {
            m[i] = i + 1;
            all[i] = Math.pow(2, i + 1);
            sauer[i] = VcDimension.sauer(d, i + 1);
        }
        lab.figure(Figure.plot("Colourings that a class of dimension " + d + " can give").line("all, 2^m", m, all).dashed()
                .line("Sauer's sum", m, sauer).axes("points m", "colourings").logY()
                .describedAs("Up to the dimension all of them, beyond it only polynomially many."));
        lab.table("Gap between true and training error, delta = 0.05", List.of("n", "at most"),
                List.of(1_000L, 10_000L, 100_000L).stream().map(k -> List.of(k, VcDimension.deviation(d, k, 0.05))).toList());
    }
}
