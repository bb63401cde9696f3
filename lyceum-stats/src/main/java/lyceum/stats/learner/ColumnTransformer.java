package lyceum.stats.learner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lyceum.tensor.Tensor;

/**
 * Each group of columns through a transformer of its own, the results side by side; columns that no part names follow as they are, or are left out.
 *
 * {@snippet :
 * Transformer squares = new lyceum.learn.linear.PolynomialFeatures(2);
 * var prepared = new ColumnTransformer(true).with(squares, 0, 2);                      // by number
 * var named = new ColumnTransformer(false).with(List.of("age", "bmi", "sex"), squares, "bmi");   // by name
 * }
 *
 * @param keepRest whether columns without a part are kept, after the others
 */
public record ColumnTransformer(List<Part> parts, boolean keepRest) implements Transformer {

    /** @param columns their numbers from 0, in the order in which the transformer sees them */
    public record Part(Transformer transformer, List<Integer> columns) {
        public Part {
            columns = List.copyOf(columns);
            if (columns.isEmpty() || columns.stream().anyMatch(c -> c < 0) || new HashSet<>(columns).size() < columns.size())
                throw new IllegalArgumentException("ColumnTransformer: columns " + columns + "; at least one, none twice, none below 0");
        }
    }

    public ColumnTransformer { parts = List.copyOf(parts); }

    public ColumnTransformer(boolean keepRest) { this(List.of(), keepRest); }

    /** With these columns, by number, through a transformer. */
    public ColumnTransformer with(Transformer transformer, int... columns) {
        var longer = new ArrayList<>(parts);
        longer.add(new Part(transformer, Arrays.stream(columns).boxed().toList()));
        return new ColumnTransformer(longer, keepRest);
    }

    /** With these columns, by name. @param names of all columns, in order */
    public ColumnTransformer with(List<String> names, Transformer transformer, String... columns) {
        return with(transformer, Arrays.stream(columns).mapToInt(name -> {
            int at = names.indexOf(name);
            if (at < 0) throw new IllegalArgumentException("ColumnTransformer: no column is called " + name + "; there are " + names);
            return at;
        }).toArray());
    }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.noneOf(Tag.class);
        for (var part : parts) tags.addAll(part.transformer.tags());
        if (!parts.stream().allMatch(p -> p.transformer.tags().contains(Tag.STATELESS))) tags.remove(Tag.STATELESS);
        else tags.add(Tag.STATELESS);
        if (keepRest || !parts.stream().allMatch(p -> p.transformer.tags().contains(Tag.ALLOWS_NAN))) tags.remove(Tag.ALLOWS_NAN);
        return tags;
    }

    @Override public Fitted fit(Tensor x) { return fit(x, null, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        if (weights != null) input.weights(weights);
        var named = new HashSet<Integer>();
        var steps = new ArrayList<Step>();
        for (var part : parts) {
            for (int c : part.columns)
                if (c >= input.columns())
                    throw new IllegalArgumentException("ColumnTransformer.fit: column " + c + " of " + input.columns());
            named.addAll(part.columns);
            var selected = columns(input.x(), part.columns);
            boolean unweighted = part.transformer.tags().contains(Tag.NO_WEIGHTS);
            steps.add(new Step(part.transformer.fit(selected, y, unweighted ? null : weights), part.columns));
        }
        var rest = new ArrayList<Integer>();
        if (keepRest) for (int c = 0; c < input.columns(); c++) if (!named.contains(c)) rest.add(c);
        if (steps.isEmpty() && rest.isEmpty())
            throw new IllegalArgumentException("ColumnTransformer.fit: no column is left; name some, or keep the rest");
        return new Fitted(input.columns(), steps, rest, tags().contains(Tag.ALLOWS_NAN));
    }

    private static Tensor columns(Tensor x, List<Integer> columns) {
        return x.indexSelect(1, Tensor.of(columns.stream().mapToLong(Integer::longValue).toArray())).contiguous();
    }

    /** A fitted part. */
    public record Step(FittedTransformer transformer, List<Integer> columns) {}

    /** @param rest columns that follow as they are @param allowsNaN whether all parts know missing values */
    public record Fitted(int nFeatures, List<Step> steps, List<Integer> rest, boolean allowsNaN) implements FittedTransformer {
        @Override public int nOutputs() { return rest.size() + steps.stream().mapToInt(s -> s.transformer.nOutputs()).sum(); }

        @Override public Tensor transform(Tensor x) {
            var rows = (allowsNaN ? LearnerInput.forModelWithNaN(this, x) : LearnerInput.forModel(this, x)).x();
            var blocks = new ArrayList<Tensor>();
            for (var step : steps) blocks.add(step.transformer.transform(columns(rows, step.columns)));
            if (!rest.isEmpty()) blocks.add(columns(rows, rest));
            return Tensor.concat(1, blocks.toArray(Tensor[]::new)).compute();
        }
    }
}
