package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.LeastSquares;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.theory.MeanField;
import lyceum.theory.MeanField.Unit;
import lyceum.theory.WideTraining;
import lyceum.theory.WideTraining.Scaling;

/** Order, chaos and the edge between them, in formulas and in random networks; and which wide networks learn features. */
@Lab(topics = "mean-field-theory", title = "What a wide network does before and while it learns")
final class MeanFieldLab implements LabBody {
    private static final double[] WEIGHTS = {0.6, 1.2, 1.8, 2.4, 3.0}, BIASES = {0.0, 0.1, 0.3, 0.5};
    private static final int LAYERS = 12;

    @Override public void run(LabContext lab) {
        double weight = lab.param("weightVariance", 0.9, 0.2, 4.0), bias = lab.param("biasVariance", 0.05, 0.0, 1.0);
        int width = lab.param("width", 300, 50, 1_000);

        var yours = new MeanField(Unit.TANH, weight, bias);
        var fields = new ArrayList<MeanField>(List.of(yours));
        for (double w : WEIGHTS) for (double b : BIASES) fields.add(new MeanField(Unit.TANH, w, b));
        var signals = MeanField.measure(fields, width, LAYERS, 1, 0.6, lab.rng(1));
        var dies = new ArrayList<double[]>();
        var grows = new ArrayList<double[]>();
        int right = 0;
        for (int f = 1; f < fields.size(); f++) {
            double[] p = signals.get(f).perturbation();
            boolean chaos = p[LAYERS - 1] > p[LAYERS - 5];
            (chaos ? grows : dies).add(new double[] {fields.get(f).weightVariance(), fields.get(f).biasVariance()});
            double chi = fields.get(f).chi();
            if (chaos == chi > 1 || Math.abs(chi - 1) < 0.05) right++;
        }
        double[] vb = new double[21], edge = new double[21];
        for (int i = 0; i < 21; i++) {
            vb[i] = i * 0.03;
            edge[i] = MeanField.critical(Unit.TANH, vb[i]);
        }
        lab.figure(Figure.plot("Tanh networks: order left of the edge, chaos right of it").line("edge, chi = 1", edge, vb)
                .points("perturbations died out", column(dies, 0), column(dies, 1)).points("they grew", column(grows, 0), column(grows, 1))
                .points("your setting", new double[] {weight}, new double[] {bias})
                .axes("variance of weights x width", "variance of biases").describedAs(
                        "The predicted edge starts at weight variance 1 and bends right as biases grow; random networks fall on the side it tells."));
        lab.shows("random networks on the wrong side (within 0.05 of the edge does not count)", fields.size() - 1 - right, atMost(1));

        double[] layer = new double[LAYERS], predicted = new double[LAYERS], told = new double[LAYERS];
        double q = 1, length = 1;
        for (int l = 0; l < LAYERS; l++) {
            layer[l] = l;
            predicted[l] = q;
            told[l] = length;
            length *= yours.chi(q);
            q = yours.variance(q);
        }
        lab.figure(Figure.plot("Your setting, layer by layer").line("variance, predicted", layer, predicted)
                .points("variance, network", layer, signals.getFirst().variance()).line("squared perturbation, predicted", layer, told)
                .points("squared perturbation, network", layer, signals.getFirst().perturbation()).logY()
                .axes("layer", "variance; squared length over the first")
                .describedAs("One random network follows both predictions; a perturbation shrinks or grows by the factor chi a layer."));
        lab.say("chi %.3f, variance settles at %.3f; a perturbation's length scale is %.1f layers.", yours.chi(), yours.fixedVariance(),
                yours.depth());

        Tensor x = Tensor.randn(lab.rng(2), DType.F64, 20, 3).compute(), y = x.select(1, 0).sin().add(x.select(1, 1).mul(0.5)).compute();
        int[] widths = {32, 64, 128, 256, 512};
        double[] m = new double[5];
        double[][] change = new double[2][5];
        for (int i = 0; i < 5; i++) {
            m[i] = widths[i];
            for (int s = 0; s < 2; s++)
                change[s][i] = new WideTraining(Scaling.values()[s], widths[i]).train(x, y, lab.rng(3)).kernelChange();
        }
        lab.figure(Figure.plot("How much training changes the tangent kernel").line("scaled by 1/sqrt(m)", m, change[0])
                .line("scaled by 1/m, mean field", m, change[1]).logX().logY().axes("hidden units, m", "relative change of the kernel")
                .describedAs(
                        "Under 1/sqrt(m) the kernel freezes as the network widens; under 1/m it changes as much at any width: features are learnt."));
        double[] logM = Tensor.of(m).log().toDoubleArray();
        lab.shows("slope of the change, 1/sqrt(m)", LeastSquares.slope(logM, Tensor.of(change[0]).log().toDoubleArray()), below(-0.4));
        lab.shows("slope of the change, 1/m, absolute", Math.abs(LeastSquares.slope(logM, Tensor.of(change[1]).log().toDoubleArray())),
                below(0.3));
    }

    private static double[] column(List<double[]> rows, int k) { return rows.stream().mapToDouble(r -> r[k]).toArray(); }
}
