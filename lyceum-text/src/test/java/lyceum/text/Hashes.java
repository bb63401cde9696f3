package lyceum.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Hashes of ids, one for a block of texts: what is committed of a reference. */
public final class Hashes {
    private static final int BLOCK = 100;

    private Hashes() {}

    /** FNV-1a over the ids of each hundred texts, in hexadecimal. */
    public static List<String> of(List<String> texts, Function<String, int[]> ids) {
        var hashes = new ArrayList<String>();
        for (int from = 0; from < texts.size(); from += BLOCK) {
            long hash = 0xcbf29ce484222325L;
            for (var text : texts.subList(from, Math.min(texts.size(), from + BLOCK))) {
                for (int id : ids.apply(text)) hash = (hash ^ id) * 0x100000001b3L;
                hash = (hash ^ -1) * 0x100000001b3L;
            }
            hashes.add(Long.toHexString(hash));
        }
        return hashes;
    }

    /** Blocks that differ. */
    public static int different(List<String> a, List<String> b) {
        int different = Math.abs(a.size() - b.size());
        for (int i = 0; i < Math.min(a.size(), b.size()); i++) if (!a.get(i).equals(b.get(i))) different++;
        return different;
    }
}
