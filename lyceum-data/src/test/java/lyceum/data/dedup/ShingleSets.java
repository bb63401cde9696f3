package lyceum.data.dedup;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Sets of runs of words as strings, by a regular expression: an oracle that shares nothing with the code. */
public final class ShingleSets {
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{Nd}\\p{Mn}\\p{Mc}]+(?:['\\u2019-][\\p{L}\\p{Nd}\\p{Mn}\\p{Mc}]+)*");

    private ShingleSets() {}

    public static Set<String> of(String text, int n) {
        var words = WORD.matcher(text.toLowerCase(Locale.ROOT)).results().map(MatchResult::group).toArray(String[]::new);
        var set = new HashSet<String>();
        for (int i = 0; i + n <= words.length; i++) set.add(String.join(" ", Arrays.copyOfRange(words, i, i + n)));
        return set;
    }

    public static double jaccard(Set<String> a, Set<String> b) {
        int both = 0;
        for (var shingle : a) if (b.contains(shingle)) both++;
        return both == 0 ? 0 : both / (double) (a.size() + b.size() - both);
    }
}
