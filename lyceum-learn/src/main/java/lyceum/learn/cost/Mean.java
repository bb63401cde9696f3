package lyceum.learn.cost;

import java.util.List;
import lyceum.stats.learner.ClassificationModel;
import lyceum.tensor.Tensor;

/** Models of the same classes that answer by their mean probabilities. */
record Mean(List<ClassificationModel> models) implements ClassificationModel {
    Mean { models = List.copyOf(models); }

    @Override public int nFeatures() { return models.getFirst().nFeatures(); }

    @Override public long[] classes() { return models.getFirst().classes(); }

    @Override public Tensor predictProba(Tensor x) {
        var sum = models.getFirst().predictProba(x);
        for (var model : models.subList(1, models.size())) sum = sum.add(model.predictProba(x));
        return sum.div(models.size()).compute();
    }
}
