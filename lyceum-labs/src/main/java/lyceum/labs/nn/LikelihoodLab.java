package lyceum.labs.nn;

import static lyceum.labs.Bounds.below;

import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Likelihood;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** A network that answers with a distribution: its band widens where the noise does, and each point pays for its surprise. */
@Lab(topics = "negative-log-likelihood", title = "A band that knows its width")
final class LikelihoodLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("points", 600, 200, 5000), epochs = lab.param("epochs", 40, 5, 200);
        double widest = lab.param("widest noise", 0.6, 0.1, 2.0);
        var family = lab.choice("likelihood", "gaussian", "gaussian", "laplace", "studentT");
        var rng = lab.rng(1);
        double[] x = new double[n], y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = 6 * rng.nextDouble() - 3;
            y[i] = Math.sin(2 * x[i]) + sigma(x[i], widest) * rng.nextGaussian();
        }
        var data = Dataset.of(Tensor.of(x, n, 1).to(DType.F32), Tensor.of(y).to(DType.F32));
        var likelihood = switch (family) {
            case "laplace" -> Likelihood.laplace();
            case "studentT" -> Likelihood.studentT(4);
            default -> Likelihood.gaussian();
        };
        var loss = Loss.nll(likelihood);
        var net = new Mlp(MlpConfig.regressor(1, 2, 32, 32).withActivation(Activation.TANH), Init.glorotUniform(), lab.rng(2));
        new Trainer(new Adam(5e-3), epochs).withBatchSize(100).fit(net, loss, data, null, lab.rng(3), lab.progress());
        Loss squared = (p, t) -> Loss.mse(p.squeeze(1), t);
        var plain = new Mlp(MlpConfig.regressor(1, 1, 32, 32).withActivation(Activation.TANH), Init.glorotUniform(), lab.rng(2));
        new Trainer(new Adam(5e-3), epochs).withBatchSize(100).fit(plain, squared, data, null, lab.rng(3), lab.progress());

        Autograd.noGrad(() -> {
            var grid = Tensor.linspace(-3, 3, 121);
            var said = net.forward(grid.unsqueeze(1).to(DType.F32)).to(DType.F64);
            Tensor mean = said.select(1, 0), width = said.select(1, 1).mul(family.equals("gaussian") ? 0.5 : 1).exp();
            lab.figure(Figure.plot("What the network says")
                    .band("location and two scales", grid, mean.sub(width.mul(2)), mean.add(width.mul(2))).line("location", grid, mean)
                    .points("data", x, y).axes("x", "y").describedAs(
                            "The band around the fitted curve is narrow where the points lie close to it and wide where they scatter."));
            var each = loss.each(net.forward(data.x()), data.y());
            lab.figure(Figure.plot("Loss of each point").points("loss", x, each.toDoubleArray()).axes("x", "loss (nats)").describedAs(
                    "Points near the curve where the band is narrow have a loss below zero; in the wide part no point is cheap and none very dear."));
            double spread = squared.of(plain.forward(data.x()), data.y()).item(), constant = 0.5 * (Math.log(2 * Math.PI * spread) + 1);
            double own = each.mean().item();
            lab.table("Negative log-likelihood of the training points", List.of("model", "nats a point"),
                    List.of(List.of("location and scale, " + family, own), List.of("squared error, one spread for all", constant)));
            double[] found = width.toDoubleArray(), at = grid.toDoubleArray();
            double error = 0;
            for (int i = 0; i < at.length; i++) error += Math.abs(found[i] / sigma(at[i], widest) - 1) / at.length;
            lab.say("The scale is off by %.0f%% on average.", 100 * error);
            lab.shows("gain over one spread for all (nats)", own - constant, below(0));
            return null;
        });
    }

    private static double sigma(double x, double widest) { return 0.1 + (widest - 0.1) * (x + 3) / 6; }
}
