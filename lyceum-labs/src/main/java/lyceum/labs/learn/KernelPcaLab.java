package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.Rbf;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.decomposition.KernelPca;
import lyceum.learn.decomposition.Pca;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Rings that become two blobs, at the right width of the kernel and at no other. */
@Lab(topics = "kernel-pca", title = "Rings into blobs")
final class KernelPcaLab implements LabBody {
    @Override public void run(LabContext lab) {
        double gamma = lab.param("gamma", 2.0, 0.05, 60.0), ratio = lab.param("radius ratio", 0.3, 0.1, 0.9),
                noise = lab.param("noise", 0.03, 0.0, 0.2);
        double penalty = lab.param("pre-image penalty", 0.1, 0.001, 10.0);
        var rings = Datasets.circles(lab.rng(1), 400, ratio, noise);
        Tensor x = rings.x();
        String[] names = {"ring 0", "ring 1"};
        var model = new KernelPca(Rbf.ofGamma(gamma), 4).withPreImages(penalty).fit(x);
        Tensor scores = model.transform(x), plain = new Pca(2).fit(x).transform(x);
        lab.figure(Figure.row("Before and after",
                Figure.scatter("linear PCA", plain, rings.labels(), names).axes("component 1", "component 2").describedAs("Turned rings."),
                Figure.scatter("kernel PCA", scores.narrow(1, 0, 2), rings.labels(), names).axes("component 1", "component 2")
                        .describedAs("Scores in the kernel's feature space."))
                .describedAs("Linear PCA can only turn the rings; with the right width the first kernel component tells them apart."));
        double kernel = threshold(scores.select(1, 0), rings.labels()), linear = threshold(plain.select(1, 0), rings.labels());
        lab.say("One threshold on component 1 is right for %.1f%% of the points, on linear PCA's for %.1f%%.", 100 * kernel, 100 * linear);
        lab.check(3, "accuracy of one threshold on component 1", kernel, exactly(1));
        lab.check(3, "the same for linear PCA", linear, atMost(0.72));

        double[] gammas = {0.05, 0.1, 0.3, 1, 2, 3, 5, 10, 30, 60}, accuracy = new double[gammas.length];
        for (int i = 0; i < gammas.length; i++)
            accuracy[i] = 100 * threshold(new KernelPca(Rbf.ofGamma(gammas[i]), 1).fit(x).transform(x).select(1, 0), rings.labels());
        lab.figure(Figure.plot("The width decides").line("component 1", gammas, accuracy).verticalLine(gamma, "here").logX()
                .axes("gamma", "accuracy in %").describedAs("Only a band of widths puts the rings on the first component."));

        var noisy = x.add(Tensor.randn(lab.rng(2), DType.F64, 400, 2).mul(0.1)).compute();
        var cleaner = new KernelPca(Rbf.ofGamma(gamma), 4).withPreImages(penalty).fit(noisy);
        var back = cleaner.inverse(cleaner.transform(noisy));
        lab.figure(Figure.plot("There and back").points("noisy", noisy).points("from four scores", back).crosses().axes("x1", "x2")
                .equalScales().describedAs("Rebuilt from four scores by kernel ridge regression, noisy points move towards their ring."));
        var gram = KernelPca.centred(Rbf.ofGamma(gamma).gram(x));
        lab.shows("largest row sum of the centred Gram matrix", gram.sum(1).abs().max().item(), below(1e-10));
        double gap = new KernelPca(new LinearKernel(), 2).fit(x).transform(x).abs().sub(plain.abs()).abs().max().item();
        lab.shows("linear kernel against PCA, up to sign", gap, below(1e-9));
    }

    /** Accuracy of the best rule "above t is class c". */
    private static double threshold(Tensor column, int[] labels) {
        double[] s = column.toDoubleArray(), sorted = s.clone();
        Arrays.sort(sorted);
        int n = s.length, best = 0;
        for (double t : sorted) {
            int right = 0;
            for (int i = 0; i < n; i++) if (s[i] > t == (labels[i] == 1)) right++;
            best = Math.max(best, Math.max(right, n - right));
        }
        return best / (double) n;
    }
}
