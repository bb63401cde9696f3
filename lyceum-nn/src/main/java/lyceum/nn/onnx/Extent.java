package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A size that may hang on others: a polynomial with whole coefficients of symbols such as {@code batch}. A quotient that is rounded is a symbol of its own, as
 * {@code floor((width + 1)/2)}, its parts kept so that a quotient of it is one quotient again. Two sizes whose polynomials are equal are equal whatever the symbols are.
 *
 * @param terms coefficients by the symbols that they multiply, in order, one after the other with a tab between; the number itself under ""
 * @param quotients what symbols stand for, of those that the terms have
 */
record Extent(SortedMap<String, Long> terms, SortedMap<String, Quotient> quotients) {
    private static final String BETWEEN = "\t";
    private static final int MOST = 64, LONGEST = 200;

    static final Extent ONE = of(1);

    /** Rounded down. The number in what is divided lies from 0 to below the divisor. */
    record Quotient(Extent of, long by) {
        @Override public String toString() { return "floor(" + (of.terms.size() == 1 ? of : "(" + of + ")") + "/" + by + ")"; }
    }

    /** @throws ArithmeticException if it grows beyond what anybody reads */
    Extent {
        if (terms.size() > MOST || terms.keySet().stream().anyMatch(key -> key.length() > LONGEST))
            throw new ArithmeticException("a size of too many terms");
        var held = new TreeMap<String, Quotient>();
        if (!quotients.isEmpty()) for (var key : terms.keySet()) for (var symbol : key.split(BETWEEN)) {
            var quotient = quotients.get(symbol);
            if (quotient != null) held.put(symbol, quotient);
        }
        terms = Collections.unmodifiableSortedMap(terms);
        quotients = Collections.unmodifiableSortedMap(held);
    }

    private Extent(SortedMap<String, Long> terms) { this(terms, new TreeMap<>()); }

    static Extent of(long number) {
        var terms = new TreeMap<String, Long>();
        if (number != 0) terms.put("", number);
        return new Extent(terms);
    }

    static Extent symbol(String name) { return new Extent(new TreeMap<>(Map.of(name.replace(BETWEEN, " "), 1L))); }

    boolean isNumber() { return terms.isEmpty() || terms.size() == 1 && terms.containsKey(""); }

    boolean is(long number) { return isNumber() && number() == number; }

    /** @throws IllegalStateException if it hangs on symbols */
    long number() {
        if (!isNumber()) throw new IllegalStateException(this + " is no number");
        return terms.getOrDefault("", 0L);
    }

    /** What both stand for. */
    private SortedMap<String, Quotient> known(Extent other) {
        var all = new TreeMap<>(quotients);
        all.putAll(other.quotients);
        return all;
    }

    Extent plus(Extent other) {
        var sum = new TreeMap<>(terms);
        other.terms.forEach((key, value) -> sum.merge(key, value, Math::addExact));
        sum.values().removeIf(v -> v == 0);
        return new Extent(sum, known(other));
    }

    Extent plus(long number) { return plus(of(number)); }

    Extent minus(Extent other) { return plus(other.times(-1)); }

    Extent times(long number) { return times(of(number)); }

    Extent times(Extent other) {
        var product = new TreeMap<String, Long>();
        terms.forEach((a, p) -> other.terms.forEach((b, q) -> product.merge(joined(a, b), Math.multiplyExact(p, q), Math::addExact)));
        product.values().removeIf(v -> v == 0);
        return new Extent(product, known(other));
    }

    private static String joined(String a, String b) {
        if (a.isEmpty() || b.isEmpty()) return a + b;
        var all = (a + BETWEEN + b).split(BETWEEN);
        Arrays.sort(all);
        return String.join(BETWEEN, all);
    }

    /** The quotient by a divisor of one term that divides each of ours, or null. */
    Extent over(Extent divisor) {
        if (divisor.terms.size() != 1) return equals(divisor) && !terms.isEmpty() ? ONE : null;
        var by = divisor.terms.entrySet().iterator().next();
        var quotient = new TreeMap<String, Long>();
        for (var term : terms.entrySet()) {
            var rest = without(term.getKey(), by.getKey());
            if (rest == null || term.getValue() % by.getValue() != 0) return null;
            quotient.put(rest, term.getValue() / by.getValue());
        }
        return new Extent(quotient, quotients);
    }

    private static String without(String all, String some) {
        if (some.isEmpty()) return all;
        var left = new ArrayList<>(Arrays.asList(all.split(BETWEEN)));
        for (var symbol : some.split(BETWEEN)) if (!left.remove(symbol)) return null;
        return String.join(BETWEEN, left);
    }

    /** The quotient, rounded down or up. */
    Extent over(long divisor, boolean up) {
        if (up) return plus(divisor - 1).over(divisor, false);
        if (isNumber()) return of(Math.floorDiv(number(), divisor));
        long number = terms.getOrDefault("", 0L);
        var rest = minus(of(number));
        var exact = rest.over(of(divisor)); // floor((b x + c) / b) is x + floor(c / b)
        if (exact != null) return exact.plus(Math.floorDiv(number, divisor));
        // floor((floor(x / a) + c) / b) is floor((x + a c) / (a b))
        var only = rest.terms.size() == 1 && rest.terms.values().iterator().next() == 1 ? quotients.get(rest.terms.firstKey()) : null;
        if (only != null) return only.of.plus(Math.multiplyExact(only.by, number)).over(Math.multiplyExact(only.by, divisor), false);
        var quotient = new Quotient(rest.plus(Math.floorMod(number, divisor)), divisor);
        var named = new TreeMap<>(quotients);
        named.put(quotient.toString(), quotient);
        return new Extent(new TreeMap<>(Map.of(quotient.toString(), 1L)), named).plus(Math.floorDiv(number, divisor));
    }

    /** As {@code 2 batch + 1}. */
    @Override public String toString() {
        if (terms.isEmpty()) return "0";
        return terms.entrySet().stream().sorted(Map.Entry.<String, Long>comparingByKey().reversed()).map(term -> {
            var symbols = term.getKey().replace(BETWEEN, " ");
            return symbols.isEmpty() ? term.getValue().toString() : term.getValue() == 1 ? symbols : term.getValue() + " " + symbols;
        }).collect(Collectors.joining(" + ")).replace("+ -", "- ");
    }
}
