package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.weights.ModelSoup;
import lyceum.nn.Mlp;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Fine-tunes of one start with several learning rates, their soups and their ensemble: accuracy against what a prediction costs. */
@Lab(topics = "model-soups", title = "Many runs, one pot")
final class ModelSoupLab implements LabBody {
    @Override public void run(LabContext lab) {
        int runs = lab.param("runs", 8, 2, 16), width = lab.param("width", 32, 8, 128);
        double rate = lab.param("largest learning rate", 0.008, 0.002, 0.1);
        var data = DigitTasks.of(lab);
        var base = DigitTasks.tuned(DigitTasks.fresh(width, lab.rng(1)), data.train().head(300), 5e-3, 4, lab.rng(2));
        var models = new ArrayList<Mlp>();
        double[] alone = new double[runs], ones = new double[runs];
        Tensor votes = null;
        for (int i : lab.progress("fine-tunes", runs)) {
            var model = DigitTasks.tuned(base, data.train(), rate * Math.pow(0.1, (double) i / Math.max(1, runs - 1)), 4, lab.rng(10 + i));
            models.add(model);
            alone[i] = DigitTasks.accuracy(model, data.test());
            ones[i] = 1;
            var z = Autograd.noGrad(() -> model.forward(data.test().x()).compute());
            votes = votes == null ? z : votes.add(z).compute();
        }
        double ensemble = 100 * votes.argmax(1).eq(data.test().y()).to(DType.F64).mean().item();
        var kitchen = new ModelSoup<>(models);
        var uniform = kitchen.uniform(m -> DigitTasks.accuracy(m, data.test()));
        var greedy = kitchen.greedy(m -> DigitTasks.accuracy(m, data.validation()));
        double served = DigitTasks.accuracy(greedy.model(), data.test()), mean = Arrays.stream(alone).average().orElseThrow();
        double[] one = {1};
        lab.figure(Figure.scatter("Accuracy against cost", ones, alone).named("ingredients")
                .points("uniform soup", one, new double[] {uniform.score()}).points("greedy soup", one, new double[] {served})
                .points("ensemble", new double[] {runs}, new double[] {ensemble})
                .axes("forward passes a prediction", "test accuracy, per cent")
                .describedAs("Soups cost one pass, as an ingredient does; the ensemble costs as many as there are runs."));
        int used = (int) Arrays.stream(greedy.weights()).filter(w -> w > 0).count();
        lab.say("%d runs, mean %.1f%%; uniform soup %.1f%%, greedy soup of %d %.1f%%, ensemble %.1f%% at %d times the cost.", runs, mean,
                uniform.score(), used, served, ensemble, runs);
        lab.shows("validation accuracy of the greedy soup over its best ingredient",
                greedy.score() - Arrays.stream(greedy.scores()).max().orElseThrow(), atLeast(0));
        lab.shows("test points above the mean ingredient", served - mean, above(0));
    }
}
