package lyceum.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import lyceum.text.internal.ByteTrie;

/** Which pieces can go: those whose text is spelled as well by others, by how much the likelihood would lose without them (Kudo 2018, section 3.2). */
record UnigramPruning(List<String> pieces, double[] scores, UnigramExpectation corpus) {
    /** The places of the pieces that stay, in order: all characters, and the rest by their loss. */
    int[] keep(int size, HashSet<String> characters) {
        ByteTrie trie = UnigramExpectation.trie(pieces);
        var used = new double[pieces.size()];
        corpus.best(trie, scores, used);
        double sum = 0;
        for (double count : used) sum += count;
        var loss = new double[pieces.size()];
        var kept = new ArrayList<Integer>();
        var candidates = new ArrayList<Integer>();
        var room = new UnigramExpectation.Room();
        for (int i = 0; i < loss.length; i++) {
            byte[] text = pieces.get(i).getBytes(StandardCharsets.UTF_8);
            int end = UnigramExpectation.viterbi(trie, scores, text, i, room);
            if (characters.contains(pieces.get(i)) || end == 0) kept.add(i);
            else if (used[i] > 0 && scores[i] >= room.alpha[end]) {
                int parts = 0;
                for (int at = end; at > 0; at = room.from[at]) parts++;
                double others = 0, all = Math.log(sum + used[i] * (parts - 1));
                for (int at = end; at > 0; at = room.from[at]) others += Math.log(used[room.id[at]] + used[i]) - all;
                loss[i] = used[i] / sum * (Math.log(used[i]) - Math.log(sum) - others);
                candidates.add(i);
            }
        }
        candidates.sort((a, b) -> loss[a] != loss[b] ? Double.compare(loss[b], loss[a]) : pieces.get(a).compareTo(pieces.get(b)));
        for (int i : candidates) if (kept.size() < size) kept.add(i);
        return kept.stream().mapToInt(Integer::intValue).sorted().toArray();
    }
}
