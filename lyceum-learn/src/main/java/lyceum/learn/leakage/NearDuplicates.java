package lyceum.learn.leakage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.tensor.Tensor;

/** Pairs of rows or texts that are copies or nearly so. */
public final class NearDuplicates {
    /** A neighbour is judged against the distance of the tenth. */
    private static final int NEIGHBORS = 10;

    private NearDuplicates() {}

    /**
     * Two items that are alike, {@code first < second}.
     *
     * @param likeness their Jaccard similarity; for rows 1 less the distance over that of the tenth neighbour
     */
    public record Pair(int first, int second, double likeness) {}

    /**
     * All pairs of texts whose sets of word shingles have Jaccard similarity {@code |A and B| / |A or B|} of at least {@code least}, and no others: a pair that
     * reaches it shares one of the {@code |A| - ceil(least |A|) + 1} rarest shingles, so only those are indexed.
     *
     * @param shingle words in a row that count as one, at least 1; a shorter text is one shingle. Words are letters and digits, in lower case
     * @param least in (0, 1]
     * @see <a href="https://doi.org/10.1145/1242572.1242591">Bayardo, Ma and Srikant (2007), Scaling Up All Pairs Similarity Search</a>
     */
    public static List<Pair> texts(List<String> texts, int shingle, double least) {
        if (shingle < 1)
            throw new IllegalArgumentException("NearDuplicates.texts: shingles of " + shingle + " words; at least 1 is needed");
        return sets(texts.stream().map(text -> shingles(text, shingle)).toList(), least);
    }

    /** The word shingles of a text. */
    static Set<String> shingles(String text, int size) {
        var words = Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+")).filter(w -> !w.isEmpty()).toList();
        var shingles = new HashSet<String>();
        for (int i = 0; i + size <= words.size(); i++) shingles.add(String.join(" ", words.subList(i, i + size)));
        if (shingles.isEmpty() && !words.isEmpty()) shingles.add(String.join(" ", words));
        return shingles;
    }

    /** The same for sets of anything; an empty set is like no other. */
    public static <T> List<Pair> sets(List<? extends Set<T>> sets, double least) {
        if (!(least > 0 && least <= 1))
            throw new IllegalArgumentException("NearDuplicates: the least similarity is " + least + "; it lies above 0 and up to 1");
        var frequency = new HashMap<T, Integer>();
        for (var set : sets) for (var item : set) frequency.merge(item, 1, Integer::sum);
        var numbers = new HashMap<T, Integer>();
        frequency.entrySet().stream().sorted(Comparator.comparingInt(Map.Entry::getValue))
                .forEach(e -> numbers.put(e.getKey(), numbers.size()));
        var rows = new int[sets.size()][];
        for (int i = 0; i < rows.length; i++) rows[i] = sets.get(i).stream().mapToInt(numbers::get).sorted().toArray();
        var index = new HashMap<Integer, List<Integer>>();
        var pairs = new ArrayList<Pair>();
        for (int i = 0; i < rows.length; i++) {
            int prefix = rows[i].length - (int) Math.ceil(least * rows[i].length - 1e-9) + 1;
            var met = new HashSet<Integer>();
            for (int k = 0; k < Math.min(prefix, rows[i].length); k++) {
                var there = index.computeIfAbsent(rows[i][k], item -> new ArrayList<>());
                for (int j : there) {
                    if (!met.add(j)) continue;
                    double likeness = jaccard(rows[j], rows[i]);
                    if (likeness >= least) pairs.add(new Pair(j, i, likeness));
                }
                there.add(i);
            }
        }
        return pairs;
    }

    /** Of ascending numbers. */
    private static double jaccard(int[] a, int[] b) {
        int both = 0;
        for (int i = 0, j = 0; i < a.length && j < b.length;) {
            if (a[i] == b[j]) both++;
            if (a[i] <= b[j]) {
                if (a[i] == b[j]) j++;
                i++;
            } else j++;
        }
        return (double) both / (a.length + b.length - both);
    }

    /** The rows without those that repeat an earlier one. */
    static double[][] differentRows(double[][] rows) {
        var byHash = new HashMap<Integer, List<double[]>>();
        var different = new ArrayList<double[]>();
        for (double[] row : rows) {
            var alike = byHash.computeIfAbsent(Arrays.hashCode(row), hash -> new ArrayList<>());
            if (alike.stream().anyMatch(other -> Arrays.equals(other, row))) continue;
            alike.add(row);
            different.add(row);
        }
        return different.toArray(double[][]::new);
    }

    /** Pairs of rows that are equal in every number. */
    static List<Pair> equalRows(double[][] rows) {
        var byHash = new HashMap<Integer, List<Integer>>();
        var pairs = new ArrayList<Pair>();
        for (int i = 0; i < rows.length; i++) {
            var alike = byHash.computeIfAbsent(Arrays.hashCode(rows[i]), hash -> new ArrayList<>());
            for (int j : alike) if (Arrays.equals(rows[i], rows[j])) pairs.add(new Pair(j, i, 1));
            alike.add(i);
        }
        return pairs;
    }

    /**
     * Pairs of rows that are nearer than chance lets rows be. In d dimensions the share of rows whose neighbour is at less than {@code e} times the distance of
     * their tenth is about {@code 9 e^d}, whatever the density there; e is taken so small that fewer than {@code level} such rows are expected in all, and at
     * most one half. The dimension is that of the data: {@code 2^(1/d)} is the median ratio of the distances to the tenth neighbour and the fifth, which a few
     * copies do not reach; but not more than there are columns of mostly different values, without which there are no findings.
     *
     * @param x (n x p); columns are put on one scale first
     * @param level expected number of false findings
     * @see <a href="https://doi.org/10.1038/s41598-017-11873-y">Facco and others (2017)</a>, on the ratio
     */
    public static List<Pair> rows(Tensor x, double level) {
        int n = (int) x.size(0);
        if (n <= NEIGHBORS + 1) return List.of();
        var centred = x.sub(x.mean(0));
        var deviation = centred.square().mean(0).sqrt();
        var scaled = centred.div(Tensor.where(deviation.gt(0), deviation, deviation.onesLike())).compute();
        var near = new NearestNeighbors().fit(scaled).neighbors(scaled, NEIGHBORS + 1);
        double[] distance = near.distances().toDoubleArray();
        int[] index = near.indices().toIntArray();
        int width = NEIGHBORS + 1;
        // the row itself is among its neighbours, first unless others equal it
        double[] ratios = IntStream.range(0, n).filter(i -> distance[i * width + 5] > 0)
                .mapToDouble(i -> distance[i * width + NEIGHBORS] / distance[i * width + 5]).sorted().toArray();
        if (ratios.length == 0) return List.of();
        double dimension = Math.min(varied(x), Math.log(2) / Math.log(Math.max(ratios[ratios.length / 2], 1 + 1e-9)));
        if (dimension == 0) return List.of();
        double share = Math.min(0.5, Math.pow(level / ((NEIGHBORS - 1.0) * n), 1 / dimension));
        var pairs = new ArrayList<Pair>();
        var seen = new HashSet<Long>();
        for (int i = 0; i < n; i++) {
            double far = distance[i * width + NEIGHBORS];
            for (int k = 0; k < NEIGHBORS; k++) {
                int j = index[i * width + k];
                double d = distance[i * width + k];
                if (j == i || !(d > 0) || !(d < share * far)) continue;
                int a = Math.min(i, j), b = Math.max(i, j);
                if (seen.add((long) a * n + b)) pairs.add(new Pair(a, b, 1 - d / far));
            }
        }
        return pairs;
    }

    /** Columns with at least a quarter as many values as rows. */
    private static int varied(Tensor x) {
        int varied = 0;
        for (double[] column : x.transpose(0, 1).toRows()) {
            Arrays.sort(column);
            int distinct = 1;
            for (int i = 1; i < column.length; i++) if (column[i] != column[i - 1]) distinct++;
            if (4 * distinct >= column.length) varied++;
        }
        return varied;
    }
}
