package lyceum.labs.linalg;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Norms;
import lyceum.linalg.Qr;
import lyceum.linalg.RandomizedSvd;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;

/** A picture rebuilt from its first singular components; nothing of that rank comes nearer. */
@Lab(topics = "svd", title = "A picture from its first few components")
final class SvdLab implements LabBody {
    @Override public void run(LabContext lab) {
        int rank = lab.param("rank", 20, 1, 150);
        int rivals = lab.param("rivals", 1000, 100, 5000);
        var picture = moonOverTheSea(160, 240);
        var svd = Svd.of(picture);
        double[] s = svd.s().toDoubleArray();

        var shown = new ArrayList<Image>();
        for (int k : IntStream.concat(IntStream.of(1, 5, 20, 50), IntStream.of(rank)).distinct().sorted().toArray()) {
            shown.add(Image.gray(k + " (" + kept(picture, k) + "% of the data)", svd.lowRank(k)));
        }
        shown.add(Image.gray("original", picture));
        lab.figure(Figure.images("A moonlit sea, rebuilt from its components", 3, shown).pixels(0, 1).describedAs(
                "One component gives the light from top to bottom, five a blurred moon, twenty the hills and waves, fifty can hardly be told from the original."));

        double[] left = new double[s.length];
        for (int k = s.length - 1; k >= 0; k--) left[k] = (k + 1 < s.length ? left[k + 1] : 0) + s[k] * s[k];
        double[] error = Arrays.stream(left).map(t -> Math.sqrt(t / left[0])).toArray();
        lab.figure(Figure.row("How fast the picture is used up",
                Figure.line("Spectrum", 1, Arrays.copyOf(s, 100)).logY().axes("component", "singular value"),
                Figure.line("Error of truncation", error).axes("components kept", "share of the norm left"))
                .describedAs("Both fall steeply at first: a few components carry most of the picture, and a long tail carries its edges."));

        var rest = picture.sub(svd.lowRank(rank));
        double optimum = Norms.frobenius(rest), tail = Math.sqrt(left[rank]);
        lab.say("%d components keep %.2f%% of the picture's energy in %s%% of its numbers.", rank, 100 * (1 - left[rank] / left[0]),
                kept(picture, rank));
        lab.shows("Frobenius norm of the rest against the squared tail", Math.abs(optimum - tail), below(1e-10));
        lab.shows("2-norm of the rest against the next singular value", Math.abs(Norms.spectral(rest) - s[rank]), below(1e-10));
        int nearer = 0;
        var energy = svd.s().square();
        for (int i : lab.progress("random matrices of this rank", rivals)) {
            var q = Qr.of(Tensor.randn(lab.rng(i), DType.F64, picture.size(0), rank)).q();
            // the best matrix with columns in the span of Q is QQ'A, and |A - QQ'A|^2 = |A|^2 - |Q'A|^2; in the axes of U the last is this sum
            if (left[0] - q.square().sum(1).dot(energy).item() < left[rank]) nearer++;
        }
        lab.shows("random matrices of rank k that came nearer", nearer, exactly(0));
        var random = new RandomizedSvd(rank).run(picture, lab.rng(-1));
        lab.shows("randomised error over the optimum", Norms.frobenius(picture.sub(random.lowRank(rank))) / optimum, atMost(1.1));
    }

    private static long kept(Tensor a, int k) { return Math.round(100.0 * k * (a.size(0) + a.size(1) + 1) / a.count()); }

    /** Brightness from 0 to 1: a moon and its halo, two ridges of hills, and its broken reflection on waves. */
    private static Tensor moonOverTheSea(int rows, int columns) {
        var light = new double[rows][columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                double x = j / (double) columns, y = i / (double) rows, moon = Math.hypot((x - 0.68) * 1.5, y - 0.24);
                double horizon = 0.62, far = 0.5 + 0.05 * Math.sin(9 * x) + 0.03 * Math.sin(23 * x + 1),
                        near = 0.57 + 0.06 * Math.sin(5 * x + 2) + 0.02 * Math.sin(31 * x);
                double wave = Math.sin(70 * y + 2 * Math.sin(17 * x) + 14 * x * y), disc = 1 / (1 + Math.exp(220 * (moon - 0.09))),
                        path = Math.exp(-Math.pow((x - 0.68) / (0.05 + 0.25 * (y - horizon)), 2));
                double sky = 0.24 + 0.3 * y + 0.28 * Math.exp(-7 * moon);
                light[i][j] = y > horizon ? 0.26 + 0.04 * wave + path * (0.22 + 0.16 * wave)
                        : y > near ? 0.13 : y > far ? 0.21 : sky + (0.92 - sky) * disc;
            }
        }
        return Tensor.of(light);
    }
}
