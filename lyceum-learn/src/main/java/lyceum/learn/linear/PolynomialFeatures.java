package lyceum.learn.linear;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Powers and products of columns up to a degree: of (a, b) at degree 2 a, b, a^2, ab, b^2, in scikit-learn's order; no column of ones, which the intercept is.
 *
 * {@snippet :
 * var curve = lyceum.stats.learner.Pipeline.of(new PolynomialFeatures(2), new LinearRegression());
 * }
 *
 * @param degree at least 1
 * @param interactionsOnly products of different columns, no powers
 */
@Withers
public record PolynomialFeatures(int degree, boolean interactionsOnly) implements PolynomialFeaturesWithers, Transformer {
    public PolynomialFeatures {
        if (degree < 1) throw new IllegalArgumentException("PolynomialFeatures: degree is " + degree + "; at least 1");
    }

    public PolynomialFeatures(int degree) { this(degree, false); }

    @Override public Set<Tag> tags() { return Set.of(Tag.STATELESS); }

    @Override public Fitted fit(Tensor x) { return fit(x, null, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        if (weights != null) input.weights(weights); // checked, and without effect
        int p = input.columns();
        var terms = new ArrayList<int[]>();
        for (int size = 1; size <= degree; size++) extend(terms, new int[size], 0, 0, p);
        return new Fitted(p, terms);
    }

    private void extend(List<int[]> terms, int[] term, int at, int from, int columns) {
        if (at == term.length) {
            terms.add(term.clone());
            return;
        }
        for (int j = from; j < columns; j++) {
            term[at] = j;
            extend(terms, term, at + 1, interactionsOnly ? j + 1 : j, columns);
        }
    }

    /** @param terms the columns that each output is the product of */
    public record Fitted(int nFeatures, List<int[]> terms) implements FittedTransformer {
        @Override public int nOutputs() { return terms.size(); }

        @Override public Tensor transform(Tensor x) {
            var rows = LearnerInput.forModel(this, x).x();
            var columns = new Tensor[terms.size()];
            for (int t = 0; t < columns.length; t++) {
                var product = rows.select(1, terms.get(t)[0]);
                for (int k = 1; k < terms.get(t).length; k++) product = product.mul(rows.select(1, terms.get(t)[k]));
                columns[t] = product.unsqueeze(1);
            }
            return Tensor.concat(1, columns).compute();
        }

        /** Names such as {@code a}, {@code a^2} and {@code a b}. @param columns of the inputs */
        public List<String> names(List<String> columns) {
            var names = new ArrayList<String>();
            for (int[] term : terms) {
                var name = new StringBuilder();
                for (int k = 0; k < term.length;) {
                    int power = 1;
                    while (k + power < term.length && term[k + power] == term[k]) power++;
                    if (!name.isEmpty()) name.append(' ');
                    name.append(columns.get(term[k]));
                    if (power > 1) name.append('^').append(power);
                    k += power;
                }
                names.add(name.toString());
            }
            return names;
        }
    }
}
