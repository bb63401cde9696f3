package lyceum.tensor;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lyceum.ShapeException;

/**
 * Einstein's summation convention: {@code "ij,jk->ik"} is a matrix product, {@code "bhqd,bhkd->bhqk"} the scores of attention.
 *
 * <p>Letters name axes; one that several operands share is multiplied, one that the output lacks is summed; a letter twice in one operand
 * takes the diagonal; {@code ...} stands for any leading axes. Without {@code ->} the output has the letters that occur once, sorted. Pairs are
 * contracted from the left as batched matrix products.
 */
final class Einsum {
    private Einsum() {}

    /** An operand and the name of each of its axes; names above 'z' stand for the axes of an ellipsis. */
    private record Term(Tensor tensor, List<Character> axes) {}

    static Tensor einsum(String equation, Tensor... operands) {
        var text = equation.replace(" ", "");
        int arrow = text.indexOf("->");
        var inputs = (arrow < 0 ? text : text.substring(0, arrow)).split(",", -1);
        if (inputs.length != operands.length)
            throw new ShapeException("einsum \"" + equation + "\": " + inputs.length + " operands named, " + operands.length + " given");
        var terms = new ArrayList<Term>();
        var named = new ArrayList<Character>();
        for (int i = 0; i < operands.length; i++) {
            var axes = axes(equation, inputs[i], operands[i].rank());
            named.addAll(axes);
            terms.add(diagonals(new Term(operands[i], axes), equation));
        }
        var sizes = sizes(equation, terms);
        var output = arrow >= 0 ? outputAxes(equation, text.substring(arrow + 2), terms) : implicit(named);
        for (char axis : output)
            if (!sizes.containsKey(axis))
                throw new ShapeException("einsum \"" + equation + "\": output index '" + axis + "' is in no operand");
        var result = terms.getFirst();
        for (int i = 1; i < terms.size(); i++) {
            var needed = new HashSet<>(output);
            for (var later : terms.subList(i + 1, terms.size())) needed.addAll(later.axes);
            result = contract(result, terms.get(i), needed, sizes);
        }
        return arrange(sumAway(result, new HashSet<>(output)), output);
    }

    private static List<Character> axes(String equation, String term, int rank) {
        var axes = new ArrayList<Character>();
        int dots = term.indexOf("...");
        int letters = term.length() - (dots >= 0 ? 3 : 0);
        if (dots < 0 ? letters != rank : letters > rank) throw new ShapeException(
                "einsum \"" + equation + "\": \"" + term + "\" names " + letters + " axes of a tensor of rank " + rank);
        for (int i = 0; i < term.length(); i++) {
            if (i == dots) {
                for (int e = rank - letters; e > 0; e--) axes.add((char) (0x1000 + e)); // numbered from the right, so that they broadcast
                i += 2;
            } else {
                if (!Character.isLetter(term.charAt(i)))
                    throw new ShapeException("einsum \"" + equation + "\": '" + term.charAt(i) + "' is not an index");
                axes.add(term.charAt(i));
            }
        }
        return axes;
    }

    private static Term diagonals(Term term, String equation) {
        var tensor = term.tensor;
        var axes = new ArrayList<>(term.axes);
        for (int i = 0; i < axes.size(); i++) {
            int j = axes.subList(i + 1, axes.size()).indexOf(axes.get(i));
            if (j < 0) continue;
            j += i + 1;
            if (tensor.size(i) != tensor.size(j)) throw new ShapeException(
                    "einsum \"" + equation + "\": index '" + axes.get(i) + "' has sizes " + tensor.size(i) + " and " + tensor.size(j));
            tensor = tensor.moveAxis(j, -1).moveAxis(i, -2).diagonal();
            char name = axes.get(i);
            axes.remove(j);
            axes.remove(i);
            axes.add(name);
            i = -1;
        }
        return new Term(tensor, axes);
    }

    private static Map<Character, Long> sizes(String equation, List<Term> terms) {
        var sizes = new LinkedHashMap<Character, Long>();
        for (var term : terms) {
            for (int i = 0; i < term.axes.size(); i++) {
                char name = term.axes.get(i);
                long size = term.tensor.size(i), known = sizes.getOrDefault(name, 1L);
                if (known != 1 && size != 1 && known != size || known != size && name < 0x1000 && sizes.containsKey(name))
                    throw new ShapeException("einsum \"" + equation + "\": index '" + name + "' has sizes " + known + " and " + size);
                sizes.put(name, Math.max(known, size) == 1 ? size : known == 1 ? size : known);
            }
        }
        return sizes;
    }

    private static List<Character> outputAxes(String equation, String text, List<Term> terms) {
        int ellipsis = 0;
        for (var term : terms) for (char name : term.axes) if (name >= 0x1000) ellipsis = Math.max(ellipsis, name - 0x1000);
        int rank = text.contains("...") ? text.length() - 3 + ellipsis : text.length();
        var axes = axes(equation, text, rank);
        if (new HashSet<>(axes).size() != axes.size()) throw new ShapeException("einsum \"" + equation + "\": an output index is repeated");
        return axes;
    }

    /** The axes of an ellipsis, then the letters that occur once in all operands, a diagonal's counting twice. */
    private static List<Character> implicit(List<Character> named) {
        var count = new TreeMap<Character, Integer>();
        for (char name : named) count.merge(name, 1, Integer::sum);
        var output = new ArrayList<Character>();
        for (char name : count.descendingKeySet()) if (name >= 0x1000) output.add(name);
        for (var entry : count.entrySet()) if (entry.getKey() < 0x1000 && entry.getValue() == 1) output.add(entry.getKey());
        return output;
    }

    private static Term sumAway(Term term, Set<Character> needed) {
        var reduced = new ArrayList<Integer>();
        var rest = new ArrayList<Character>();
        for (int i = 0; i < term.axes.size(); i++) {
            if (needed.contains(term.axes.get(i))) rest.add(term.axes.get(i));
            else reduced.add(i);
        }
        if (reduced.isEmpty()) return term;
        return new Term(term.tensor.sum(reduced.stream().mapToInt(Integer::intValue).toArray()), rest);
    }

    private static Tensor arrange(Term term, List<Character> order) {
        var tensor = term.tensor;
        var positions = new int[order.size()];
        for (int i = 0; i < positions.length; i++) positions[i] = term.axes.indexOf(order.get(i));
        return tensor.rank() == 0 ? tensor : tensor.permute(positions);
    }

    /** One pair as a batched matrix product: shared and kept axes are the batch, shared and dropped ones are summed. */
    private static Term contract(Term a, Term b, Set<Character> needed, Map<Character, Long> sizes) {
        var onlyNeeded = new HashSet<>(needed);
        var inBoth = new HashSet<>(a.axes);
        inBoth.retainAll(b.axes);
        var keepA = new HashSet<>(onlyNeeded);
        keepA.addAll(inBoth);
        a = sumAway(a, keepA);
        b = sumAway(b, keepA);
        List<Character> batch = new ArrayList<>(), summed = new ArrayList<>(), left = new ArrayList<>(), right = new ArrayList<>();
        for (char name : a.axes) (inBoth.contains(name) ? needed.contains(name) ? batch : summed : left).add(name);
        for (char name : b.axes) if (!inBoth.contains(name)) right.add(name);
        var x = matrices(a, batch, left, summed, sizes);
        var y = matrices(b, batch, right, summed, sizes);
        var product = summed.isEmpty() ? x.mul(y.transpose()) : x.matmul(y.transpose());
        var axes = new ArrayList<>(batch);
        axes.addAll(left);
        axes.addAll(right);
        return new Term(product.reshape(axes.stream().mapToLong(sizes::get).toArray()), axes);
    }

    /** (batch, free, summed), each group flattened. */
    private static Tensor matrices(Term term, List<Character> batch, List<Character> free, List<Character> summed,
            Map<Character, Long> sizes) {
        var order = new ArrayList<>(batch);
        order.addAll(free);
        order.addAll(summed);
        var tensor = arrange(term, order).expand(order.stream().mapToLong(sizes::get).toArray());
        return tensor.reshape(product(batch, sizes), product(free, sizes), product(summed, sizes));
    }

    private static long product(List<Character> names, Map<Character, Long> sizes) {
        long n = 1;
        for (char name : names) n *= sizes.get(name);
        return n;
    }
}
