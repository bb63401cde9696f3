package lyceum.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.random.Rng;

/** Prints what every random kind of split makes of 500 and of 300,000 rows by the seed that it is given, for a JVM of its own. */
final class SplitsMain {
    private SplitsMain() {}

    public static void main(String[] args) { splits(Integer.parseInt(args[0])).forEach(System.out::println); }

    static List<String> splits(int seed) {
        var lines = new ArrayList<String>();
        for (int n : new int[] {500, 300_000}) {
            var labels = IntStream.range(0, n).map(i -> i * 31 % 7).toArray();
            var several = new boolean[Math.min(n, 5_000)][4];
            for (int i = 0; i < several.length; i++) for (int l = 0; l < 4; l++) several[i][l] = (i * 31 + l * 17) % (3 + l) == 0;
            var groups = IntStream.range(0, n).map(i -> i / 9).toArray();
            lines.add(line("random", Split.random(n, Rng.of(seed), 0.5, 0.5)));
            lines.add(line("stratified", Split.stratified(labels, Rng.of(seed), 0.6, 0.2, 0.2)));
            lines.add(line("stratified by several labels", Split.stratified(several, Rng.of(seed), 0.8, 0.2)));
            lines.add(line("grouped", Split.grouped(groups, Rng.of(seed), 0.5, 0.5)));
            lines.add(line("by key", Split.byKey(IntStream.range(0, n).asLongStream().toArray(), seed, 0.7, 0.3)));
        }
        return lines;
    }

    private static String line(String kind, Split split) {
        return "split " + kind + " " + split.assignment().length + " rows: " + Arrays.hashCode(split.assignment()) + " "
                + Arrays.hashCode(split.get(0));
    }
}
