package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.decomposition.FactorAnalysis;
import lyceum.learn.decomposition.FactorModel;
import lyceum.learn.decomposition.FactorRotation;
import lyceum.learn.decomposition.Pca;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** Eight school marks from two abilities; one mark is mostly noise, and it becomes the first principal component. */
@Lab(topics = "factor-analysis", title = "Two abilities behind eight marks")
final class FactorAnalysisLab implements LabBody {
    private static final String[] MARKS = {"grammar", "essay", "French", "history", "algebra", "geometry", "physics", "dictation"};

    @Override public void run(LabContext lab) {
        int pupils = lab.param("pupils", 1000, 100, 20_000);
        double noise = lab.param("noise of the dictation mark", 4.0, 0.5, 20.0),
                both = lab.param("share of the other ability", 0.2, 0.0, 0.8);
        boolean oblique = lab.flag("let factors correlate (promax)", false);
        var truth = new double[8][2];
        for (int j = 0; j < 8; j++) {
            boolean verbal = j < 4 || j == 7;
            truth[j] = new double[] {verbal ? 1 : both, verbal ? both : 1};
        }
        var deviations = new double[] {0.6, 0.8, 0.7, 0.9, 0.6, 0.7, 0.8, noise};
        var planted = Tensor.of(truth);
        var x = Tensor.randn(lab.rng(0), DType.F64, pupils, 2).matmul(planted.transpose())
                .add(Tensor.randn(lab.rng(1), DType.F64, pupils, 8).mul(Tensor.of(deviations))).compute();

        var model = new FactorAnalysis(2).fit(x);
        var rotated = model.rotate(oblique ? FactorRotation.promax(model.loadings()) : FactorRotation.varimax(model.loadings()));
        var pca = new Pca(2).fit(x);
        lab.figure(Figure.row("Loadings of eight marks on two factors", marks("As the likelihood leaves them", model),
                marks(oblique ? "After promax" : "After varimax", rotated)).describedAs(
                        "Before the rotation every mark loads on both factors; after it verbal marks lie along one axis and mathematical ones along the other."));
        lab.figure(Figure.bars("What comes first", MARKS, Series.of("first principal component", pca.components().select(0, 0).abs()),
                Series.of("first factor", direction(model))).axes("mark", "size, as a share of the direction's length").describedAs(
                        "The noisy mark has the most variance and takes the first principal component; the factors leave it to its own noise."));

        var rows = new ArrayList<List<Object>>();
        double[] psi = model.uniquenesses().toDoubleArray();
        for (int j = 0; j < 8; j++) rows.add(List.of(MARKS[j], deviations[j] * deviations[j], psi[j], model.communalities().item(j)));
        lab.table("Noise that is planted and found", List.of("mark", "noise variance planted", "found", "share explained by factors"),
                rows);
        var fit = model.goodnessOfFit();
        lab.say("Two factors: chi-square %.2f on %.0f degrees of freedom, p = %.3f. One factor: chi-square %.2f on %.0f.", fit.statistic(),
                fit.degreesOfFreedom(), fit.pValue(), new FactorAnalysis(1).fit(x).goodnessOfFit().statistic(),
                new FactorAnalysis(1).fit(x).goodnessOfFit().degreesOfFreedom());
        double byPca = angle(pca.components().transpose(), planted), byFactors = angle(model.loadings(), planted);
        lab.say("The planted plane is %.1f degrees away for factor analysis and %.1f for principal components.", Math.toDegrees(byFactors),
                Math.toDegrees(byPca));
        lab.shows("angle of the principal plane over that of the factors", byPca / byFactors, atLeast(2));
        lab.shows("change of the implied covariance by rotation", rotated.covariance().sub(model.covariance()).abs().max().item(),
                below(1e-10));
        lab.shows("p-value of two factors", fit.pValue(), above(1e-4));
    }

    private static Tensor direction(FactorModel model) {
        var first = model.loadings().select(1, 0);
        return first.div(first.square().sum().sqrt()).abs();
    }

    private static Plot marks(String title, FactorModel model) {
        Tensor size = model.covariance().diagonal().sqrt(), xs = model.loadings().select(1, 0).div(size),
                ys = model.loadings().select(1, 1).div(size);
        int[] kinds = {0, 0, 0, 0, 1, 1, 1, 2};
        return Figure.scatter(title, xs.toDoubleArray(), ys.toDoubleArray(), kinds, "verbal marks", "mathematical marks", "dictation")
                .limitX(-1, 1).limitY(-1, 1).axes("loading on factor 1", "loading on factor 2").horizontalLine(0, "").verticalLine(0, "");
    }

    /** The largest angle between two column spaces, in radians. */
    private static double angle(Tensor a, Tensor b) {
        double[] cosines = Svd.values(Qr.of(a).q().transpose().matmul(Qr.of(b).q())).toDoubleArray();
        return Math.acos(Math.min(1, cosines[cosines.length - 1]));
    }
}
