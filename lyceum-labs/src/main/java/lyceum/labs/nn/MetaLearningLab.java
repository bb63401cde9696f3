package lyceum.labs.nn;

import static lyceum.labs.Bounds.below;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Init;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.regime.MetaLearner;
import lyceum.train.regime.MetaTask;

/** Five points of a sine wave: a network that was trained on the mean of all waves, and one that was trained to be trained. */
@Lab(topics = "maml", title = "Ready to learn")
final class MetaLearningLab implements LabBody {
    @Override public void run(LabContext lab) {
        var kind = lab.choice("method", "MAML", "MAML", "FIRST_ORDER", "REPTILE");
        int steps = lab.param("meta-steps", 300, 50, 5000);
        int shots = lab.param("points of a wave", 5, 1, 20);
        double rate = lab.param("inner learning rate", 0.01, 0.001, 0.02);
        int inner = lab.param("inner steps", 1, 1, 10);
        int shown = lab.param("wave shown", 1, 1, 20);
        var method = MetaLearner.Method.valueOf(kind);
        var sampler = MetaTask.sinusoids(shots, 10);
        var learner = new MetaLearner(method, rate, inner).withOuter(new Adam(3e-3)).withTasks(10);
        Mlp start = network(lab), joint = network(lab);
        double[] losses = learner.fit(start, Loss::mse, sampler, steps, lab.rng(2), lab.progress());
        // Reptile with one step is plain training on all waves at once.
        new MetaLearner(MetaLearner.Method.REPTILE, rate, 1).withOuter(new Adam(3e-3)).withTasks(10).fit(joint, Loss::mse, sampler, steps,
                lab.rng(2), lab.progress());

        var wave = MetaTask.sinusoids(shots, 200).draw(lab.rng(100 + shown));
        int[] order = wave.queryX().flatten().argsort(0).toIntArray();
        Tensor x = wave.queryX().rows(order), y = wave.queryY().rows(order);
        lab.figure(Figure.row("One wave after 0, 1 and 5 steps on " + shots + " points of it",
                panel("Trained to be trained", learner, start, wave, x, y), panel("Pretrained on all waves", learner, joint, wave, x, y))
                .describedAs("Left: one step turns the start into the wave. Right: the mean of all waves hardly moves in five steps."));
        double[] count = {0, 1, 2, 3, 5}, ours = new double[5], theirs = new double[5];
        for (int i : lab.progress("steps", 5)) {
            ours[i] = error(lab, learner, start, (int) count[i], shots);
            theirs[i] = error(lab, learner, joint, (int) count[i], shots);
        }
        lab.figure(Figure.line("Error on unseen waves", count, ours).named(kind).line("pretrained", count, theirs)
                .axes("steps on " + shots + " points", "mean squared error")
                .describedAs("Mean squared error over 30 unseen waves after 0 to 5 steps: the meta-learned start falls at once."));
        var smooth = new double[losses.length / 20];
        var at = new double[smooth.length];
        for (int i = 0; i < smooth.length; i++) {
            at[i] = 20 * (i + 1);
            for (int j = 0; j < 20; j++) smooth[i] += losses[20 * i + j] / 20;
        }
        lab.figure(Figure.line("Meta-training", at, smooth).axes("meta-step", "mean squared error")
                .describedAs("The loss that is trained: of query points after the inner steps, averaged over 20 meta-steps."));
        lab.shows("error after one step, over the pretrained net's", ours[1] / theirs[1], below(0.8));
    }

    private static Mlp network(LabContext lab) { return new Mlp(MlpConfig.regressor(1, 1, 40, 40), Init.glorotUniform(), lab.rng(1)); }

    private static Plot panel(String title, MetaLearner learner, Mlp start, MetaTask wave, Tensor x, Tensor y) {
        Plot plot = Figure.line(title, x.flatten(), y.flatten()).named("the wave");
        for (int steps : new int[] {0, 1, 5})
            plot = plot.line(steps + (steps == 1 ? " step" : " steps"), x.flatten(),
                    learner.adapt(start, Loss::mse, wave.supportX(), wave.supportY(), steps).predict(x).flatten());
        return plot.points("points given", wave.supportX().flatten(), wave.supportY().flatten()).axes("x", "y");
    }

    private static double error(LabContext lab, MetaLearner learner, Mlp start, int steps, int shots) {
        double sum = 0;
        for (int i = 0; i < 30; i++) {
            var task = MetaTask.sinusoids(shots, 50).draw(lab.rng(200 + i));
            sum += Loss.mse(learner.adapt(start, Loss::mse, task.supportX(), task.supportY(), steps).predict(task.queryX()), task.queryY())
                    .item() / 30;
        }
        return sum;
    }
}
