package lyceum.labs.linalg;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
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

/** A sheet of handwritten digits rebuilt from its first singular components; nothing of that rank comes nearer. */
@Lab(topics = "svd", title = "A picture from its first few components")
final class SvdLab implements LabBody {
    @Override public void run(LabContext lab) {
        int rank = lab.param("rank", 20, 1, 79);
        int rivals = lab.param("rivals", 1000, 100, 5000);
        var sheet = sheetOfDigits(10, 16);
        var svd = Svd.of(sheet);
        double[] s = svd.s().toDoubleArray();

        var shown = new ArrayList<Image>();
        for (int k : IntStream.concat(IntStream.of(1, 5, 20, 50), IntStream.of(rank)).distinct().sorted().toArray()) {
            shown.add(Image.gray("rank " + k + ", " + kept(sheet, k) + "% of the numbers", svd.lowRank(k).toRows()));
        }
        shown.add(Image.gray("original", sheet.toRows()));
        lab.figure(Figure.images("Ten rows of digits, rebuilt", 2, shown).pixels(0, 16)
                .describedAs("One component gives grey stripes, five give blobs, twenty give readable digits, fifty can hardly be told from the original."));

        double[] order = IntStream.rangeClosed(1, s.length).asDoubleStream().toArray(), left = new double[s.length];
        for (int k = s.length - 1; k >= 0; k--) left[k] = (k + 1 < s.length ? left[k + 1] : 0) + s[k] * s[k];
        double[] error = Arrays.stream(left).map(t -> Math.sqrt(t / left[0])).toArray();
        lab.figure(Figure.row("How fast the picture is used up",
                Figure.line("Spectrum", order, s).logY().axes("component", "singular value"),
                Figure.line("Error of truncation", IntStream.range(0, s.length).asDoubleStream().toArray(), error).axes("components kept", "share of the norm left"))
                .describedAs("The first singular value towers over a smoothly falling spectrum; the relative error falls accordingly."));

        var rest = sheet.sub(svd.lowRank(rank));
        double optimum = Norms.frobenius(rest), tail = Math.sqrt(left[rank]);
        lab.say("%d components keep %.1f%% of the sheet's energy in %s%% of its numbers.", rank, 100 * (1 - left[rank] / left[0]), kept(sheet, rank));
        lab.check("svd", 3, "Frobenius norm of the rest against the squared tail", Math.abs(optimum - tail), below(1e-10));
        lab.check("svd", 3, "2-norm of the rest against the next singular value", Math.abs(Norms.spectral(rest) - s[rank]), below(1e-10));
        int nearer = 0;
        for (int i : lab.progress("random matrices of this rank", rivals)) {
            var q = Qr.of(Tensor.randn(lab.rng(i), DType.F64, sheet.size(0), rank)).q();
            if (Norms.frobenius(sheet.sub(q.matmul(q.transpose().matmul(sheet)))) < optimum) nearer++;
        }
        lab.check("svd", 3, "random matrices of rank k that came nearer", nearer, exactly(0));
        var random = new RandomizedSvd(rank).run(sheet, lab.rng(-1));
        lab.check("svd", 4, "randomised error over the optimum", Norms.frobenius(sheet.sub(random.lowRank(rank))) / optimum, atMost(1.1));
    }

    private static long kept(Tensor a, int k) {
        return Math.round(100.0 * k * (a.size(0) + a.size(1) + 1) / a.count());
    }

    /** Pictures of 8 x 8 pixels side by side. */
    private static Tensor sheetOfDigits(int down, int across) {
        var pixels = Datasets.digits().x().to(DType.F64).narrow(0, 0, (long) down * across);
        return pixels.reshape(down, across, 8, 8).permute(0, 2, 1, 3).reshape(down * 8L, across * 8L);
    }
}
