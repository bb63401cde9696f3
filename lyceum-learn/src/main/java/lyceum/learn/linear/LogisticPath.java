package lyceum.learn.linear;

import java.util.List;

/**
 * Logistic models along a range of strengths.
 *
 * @param cs inverse strengths
 * @param models one each
 */
public record LogisticPath(List<Double> cs, List<LogisticModel> models) {
    public LogisticPath {
        cs = List.copyOf(cs);
        models = List.copyOf(models);
    }
}
