package lyceum.llm.weights;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.train.ModeConnectivity;
import lyceum.train.NormStatistics;

/**
 * One model whose weights are a mean of several fine-tunes of one start: the inference cost of one.
 *
 * {@snippet :
 * var soup = new ModelSoup<>(runs).greedy(m -> accuracy(m, validation));
 * var mixed = new ModelSoup<>(runs).learned(m -> Loss.crossEntropy(m.forward(x), y), 50, 0.05, Progress.SILENT);
 * double wall = new ModelSoup<>(runs).barriers(5, m -> error(m))[0][1];   // are two runs in one valley?
 * }
 *
 * @param ingredients models with tensors of the same names and shapes; none is changed
 * @param batches inputs from which statistics of batch norms are collected anew for each mean; empty where there are none
 * @see <a href="https://arxiv.org/abs/2203.05482">Wortsman et al. (2022)</a>
 */
public record ModelSoup<M extends Module>(List<M> ingredients, List<Tensor> batches) {
    /**
     * What was cooked.
     *
     * @param model a model of its own
     * @param weights of each ingredient, summing to 1
     * @param score on validation data, of what is given back
     * @param scores of each ingredient alone, empty if they were not asked for
     */
    public record Soup<M>(M model, double[] weights, double score, double[] scores) {}

    public ModelSoup {
        ingredients = List.copyOf(ingredients);
        batches = List.copyOf(batches);
        if (ingredients.isEmpty()) throw new IllegalArgumentException("ModelSoup: no ingredient; at least one");
        for (var m : ingredients) TaskVector.alike("ModelSoup", ingredients.getFirst().state(), m.state());
    }

    public ModelSoup(List<M> ingredients) { this(ingredients, List.of()); }

    /** All alike. @param validation larger is better; null to taste nothing */
    public Soup<M> uniform(ToDoubleFunction<? super M> validation) {
        var weights = new double[ingredients.size()];
        Arrays.fill(weights, 1.0 / weights.length);
        var model = mixed(weights);
        return new Soup<>(model, weights, validation == null ? Double.NaN : validation.applyAsDouble(model), new double[0]);
    }

    /**
     * Begins with the best ingredient and goes on by falling score; what makes the mean no worse stays in. The soup's score is at least the best ingredient's.
     *
     * @param validation larger is better
     */
    public Soup<M> greedy(ToDoubleFunction<? super M> validation) {
        var scores = ingredients.stream().mapToDouble(validation).toArray();
        var order = IntStream.range(0, scores.length).boxed().sorted(Comparator.comparingDouble(i -> -scores[i])).toList();
        var pot = new ArrayList<Integer>();
        double best = Double.NEGATIVE_INFINITY;
        M soup = null;
        for (int next : order) {
            pot.add(next);
            var candidate = pot.size() == 1 ? Module.copy(ingredients.get(next)) : mixed(share(pot));
            double score = pot.size() == 1 ? scores[next] : validation.applyAsDouble(candidate);
            if (pot.size() > 1 && !(score >= best)) {
                pot.removeLast();
                continue;
            }
            best = score;
            soup = candidate;
        }
        return new Soup<>(soup, share(pot), best, scores);
    }

    private double[] share(List<Integer> pot) {
        var weights = new double[ingredients.size()];
        for (int i : pot) weights[i] = 1.0 / pot.size();
        return weights;
    }

    /**
     * Coefficients by gradient: a softmax whose logits begin at 0 is trained by Adam on the loss. Statistics of batch norms are refreshed at the end.
     *
     * @param loss of a model on validation data, differentiable
     * @throws lyceum.progress.CancelledException if progress says so
     */
    public Soup<M> learned(Function<? super M, Tensor> loss, int steps, double rate, Progress progress) {
        var logits = Tensor.zeros(DType.F64, ingredients.size()).requiresGrad();
        var optimizer = new Adam(rate).over(logits);
        var names = ingredients.getFirst().parameters().keySet();
        var states = ingredients.stream().map(Module::state).toList();
        for (int step = 0; step < steps; step++) {
            progress.step("learned soup", step, steps);
            try (var scope = Scope.open("soup step")) {
                optimizer.zeroGrad();
                var share = logits.softmax(0);
                var values = new LinkedHashMap<String, Tensor>();
                for (var name : names) {
                    Tensor sum = null;
                    for (int i = 0; i < states.size(); i++) {
                        var part = states.get(i).get(name).detach();
                        part = part.mul(share.select(0, i).to(part.dtype()));
                        sum = sum == null ? part : sum.add(part);
                    }
                    values.put(name, sum);
                }
                loss.apply(Module.with(ingredients.getFirst(), values)).backward();
                optimizer.step();
            }
        }
        var weights = Autograd.noGrad(() -> logits.detach().softmax(0).toDoubleArray());
        var model = mixed(weights);
        double score = -Autograd.noGrad(() -> loss.apply(model).item());
        return new Soup<>(model, weights, score, new double[0]);
    }

    /** The mean with given weights, which sum to 1. */
    public M mixed(double... weights) {
        if (weights.length != ingredients.size())
            throw new IllegalArgumentException("ModelSoup: " + weights.length + " weights for " + ingredients.size() + " ingredients");
        var chosen = new ArrayList<SequencedMap<String, Tensor>>();
        var shares = new ArrayList<Double>();
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] == 0) continue;
            chosen.add(ingredients.get(i).state());
            shares.add(weights[i]);
        }
        var soup = Module.copy(ingredients.getFirst());
        soup.load(new ModelMerger(new MergeMethod.Mean(shares)).merge(null, chosen));
        if (!batches.isEmpty()) NormStatistics.refresh(soup, batches);
        return soup;
    }

    /** How far the error rises between each two ingredients above the line between their own ({@link ModeConnectivity#barrier}). @param points on each way, ends included */
    public double[][] barriers(int points, ToDoubleFunction<? super M> error) {
        int n = ingredients.size();
        var walls = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) {
            var way = ModeConnectivity.linear(ingredients.get(i), ingredients.get(j)).refreshing(batches);
            walls[i][j] = walls[j][i] = ModeConnectivity.barrier(way.values(points, error::applyAsDouble));
        }
        return walls;
    }
}
