package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.theory.GaussianPacBayes;
import lyceum.theory.GaussianPacBayes.Risk;
import lyceum.theory.GaussianPacBayes.Weights;
import lyceum.theory.PacBayes;
import lyceum.theory.VcDimension;

/** A certificate for a classifier with noisy weights: too little noise is far from the prior, too much is wrong. */
@Lab(topics = "pac-bayes", title = "How much noise the best certificate has")
final class PacBayesLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("samples", 1_200, 200, 1_400);
        double delta = lab.param("delta", 0.05, 0.001, 0.5), priorSd = lab.param("priorDeviation", 0.3, 0.05, 2.0);

        var digits = Datasets.digits().to(DType.F64).shuffled(lab.rng(1));
        Tensor x = Tensor.concat(1, digits.x().div(8.0).sub(0.6), Tensor.ones(DType.F64, digits.size(), 1)).compute();
        var y = Tensor.of(Arrays.stream(digits.labels()).mapToDouble(l -> l % 2 == 0 ? 1 : -1).toArray());
        Tensor seen = x.narrow(0, 0, n).compute(), labels = y.narrow(0, 0, n).compute(), unseen = x.narrow(0, n, 1_797 - n).compute(),
                truth = y.narrow(0, n, 1_797 - n).compute();
        int d = (int) x.size(1);
        var bayes = new GaussianPacBayes(Tensor.zeros(DType.F64, d), priorSd, n, delta);
        Risk train = Risk.linear(seen, labels), test = Risk.linear(unseen, truth);
        var centre = Tensor.of(new Lbfgs().withMaxIterations(60).minimize(
                Objective.of(w -> seen.matmul(w).mul(labels).neg().softplus().mean().add(w.square().sum().mul(0.01))), new double[d]).x());

        double[] width = new double[25], bound = new double[25], root = new double[25], risk = new double[25], unknown = new double[25];
        for (int i = 0; i < 25; i++) {
            width[i] = 0.004 * Math.pow(2, i / 2.6);
            var q = new Weights(centre, Tensor.full(DType.F64, width[i], d));
            bound[i] = bayes.bound(train, q);
            risk[i] = train.of(q.mean(), q.sd()).item();
            unknown[i] = test.of(q.mean(), q.sd()).item();
            root[i] = Math.min(1, PacBayes.Bound.mcAllester().of(risk[i], q.kl(bayes.prior()), n, delta));
        }
        lab.figure(Figure.plot("Even or odd digit by a line with noisy weights").line("McAllester's bound", width, root)
                .line("Seeger's bound", width, bound).line("error on unseen digits", width, unknown).line("training error", width, risk)
                .logX().axes("standard deviation of each weight", "error of a drawn classifier").limitY(0, 1).describedAs(
                        "Both bounds are near 1 for weights without noise, lowest for a middling width, and rise again when the noise makes mistakes; the true error lies below."));

        int best = 0;
        for (int i = 1; i < 25; i++) if (bound[i] < bound[best]) best = i;
        var start = new Weights(centre, Tensor.full(DType.F64, width[best], d));
        var posterior = bayes.minimize(train, start, 40);
        var rows = new ArrayList<List<?>>();
        for (var q : List.of(start, posterior))
            rows.add(List.of(q == start ? "best width" : "bound minimised", q.kl(bayes.prior()), train.of(q.mean(), q.sd()).item(),
                    test.of(q.mean(), q.sd()).item(), bayes.bound(train, q)));
        lab.table("What the minimised bound buys", List.of("posterior", "KL (nats)", "training error", "unseen", "Seeger's bound"), rows);
        lab.say("The bound by VC dimension %d is %.2f: it says nothing.", d, VcDimension.deviation(d, n, delta));
        lab.shows("minimised bound less the one it began with", bayes.bound(train, posterior) - bayes.bound(train, start), below(1e-12));
        lab.shows("error on unseen digits less the bound", test.of(posterior.mean(), posterior.sd()).item() - bayes.bound(train, posterior),
                below(0));
    }
}
