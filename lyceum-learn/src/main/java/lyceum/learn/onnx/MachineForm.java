package lyceum.learn.onnx;

import static lyceum.learn.onnx.LearnerGraph.set;

import java.util.ArrayList;
import java.util.List;
import lyceum.format.OnnxFile.Attribute;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.PolynomialKernel;
import lyceum.kernel.Rbf;
import lyceum.kernel.SigmoidKernel;
import lyceum.learn.svm.SupportVectors;
import lyceum.learn.svm.SvmModel;

/** Support vectors as attributes of {@code SVMRegressor} and {@code SVMClassifier}, which lay them out as LIBSVM does. */
final class MachineForm {
    private MachineForm() {}

    static Attribute[] regressor(SupportVectors support) {
        if (support.count() == 0) return new Attribute[] {set("kernel_type", "LINEAR"), set("n_supports", 0L),
                set("coefficients", new double[(int) support.vectors().size(1)]), set("rho", support.intercepts())};
        var all = kernel(support.kernel());
        all.addAll(List.of(set("n_supports", (long) support.count()), set("support_vectors", support.vectors()),
                set("coefficients", support.coefficients()), set("rho", support.intercepts())));
        return all.toArray(Attribute[]::new);
    }

    /** Vectors class by class. A pair's function is positive for its first class there, and for its second here. */
    static Attribute[] classifier(SvmModel model) {
        var support = model.support();
        if (support.count() == 0) throw new IllegalArgumentException("OnnxLearner: the machine has no support vectors");
        int k = model.classes().length, n = support.count();
        double[][] pairs = support.coefficients().toRows(), vectors = support.vectors().toRows();
        var classOf = new int[n];
        for (int s = 0; s < n; s++)
            for (int a = 0, pair = 0; a < k; a++)
                for (int b = a + 1; b < k; b++, pair++) if (pairs[pair][s] != 0) classOf[s] = pairs[pair][s] > 0 ? b : a;
        int[] order = new int[n];
        var each = new long[k];
        int at = 0;
        for (int c = 0; c < k; c++) for (int s = 0; s < n; s++) {
            if (classOf[s] != c) continue;
            order[at++] = s;
            each[c]++;
        }
        var coefficients = new double[(k - 1) * n];
        var ordered = new double[n * vectors[0].length];
        for (int i = 0; i < n; i++) {
            int s = order[i], c = classOf[s];
            System.arraycopy(vectors[s], 0, ordered, i * vectors[0].length, vectors[0].length);
            for (int a = 0, pair = 0; a < k; a++)
                for (int b = a + 1; b < k; b++, pair++) if (c == a || c == b) coefficients[(c == a ? b - 1 : a) * n + i] = -pairs[pair][s];
        }
        var all = kernel(support.kernel());
        all.addAll(List.of(set("classlabels_ints", model.classes()), set("vectors_per_class", each), set("support_vectors", ordered),
                set("coefficients", coefficients), set("rho", LearnerGraph.negated(support.intercepts().toDoubleArray())),
                set("post_transform", "NONE")));
        return all.toArray(Attribute[]::new);
    }

    private static List<Attribute> kernel(KernelFunction kernel) {
        return new ArrayList<>(switch (kernel) {
            case LinearKernel l -> of("LINEAR", 0, 0, 0);
            case Rbf r when r.lengthScales().size() == 1 ->
                    of("RBF", 0.5 / (r.lengthScales().getFirst() * r.lengthScales().getFirst()), 0, 0);
            case PolynomialKernel p -> of("POLY", p.gamma(), p.constant(), p.degree());
            case SigmoidKernel s -> of("SIGMOID", s.gamma(), s.constant(), 0);
            default -> throw new IllegalArgumentException(
                    "OnnxLearner: ai.onnx.ml has no kernel " + kernel + "; it has linear, RBF of one length, polynomial and sigmoid ones");
        });
    }

    private static List<Attribute> of(String type, double... parameters) {
        return List.of(set("kernel_type", type), set("kernel_params", parameters));
    }
}
