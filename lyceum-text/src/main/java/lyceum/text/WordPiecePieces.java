package lyceum.text;

import lyceum.text.internal.ByteTrie;
import lyceum.text.internal.Utf8;

/** {@link WordPiece} at work: one tree for the beginnings of words, one for what goes on. */
final class WordPiecePieces extends Pieces {
    private final ByteTrie first = new ByteTrie(), inside = new ByteTrie();
    private final int unknown, mostCharacters;

    WordPiecePieces(WordPiece model, boolean raw, byte[][] keys) {
        var v = model.vocabulary();
        var prefix = model.continuingPrefix();
        for (int id = 0; id < v.size(); id++) {
            if (keys[id] == null) continue;
            var piece = v.token(id);
            put(first, keys[id], id);
            if (piece.startsWith(prefix)) put(inside, key(piece.substring(prefix.length()), raw), id);
        }
        unknown = v.id(model.unknown());
        mostCharacters = model.mostCharacters();
    }

    private static void put(ByteTrie trie, byte[] key, int id) { if (key != null && key.length > 0) trie.put(key, id); }

    @Override void cut(byte[] b, int from, int to, Sink sink) {
        if (to - from > mostCharacters && characters(b, from, to) > mostCharacters) {
            sink.add(unknown, from, to);
            return;
        }
        int size = sink.out.size();
        for (int at = from; at < to;) {
            var trie = at == from ? first : inside;
            int id = -1, end = at;
            for (int node = 0, i = at; i < to; i++) {
                node = trie.step(node, b[i]);
                if (node < 0) break;
                int value = trie.value(node);
                if (value >= 0 && (i + 1 == to || !Utf8.isContinuation(b[i + 1]))) {
                    id = value;
                    end = i + 1;
                }
            }
            if (id < 0) {
                sink.out.truncate(size);
                sink.add(unknown, from, to);
                return;
            }
            sink.add(id, at, end);
            at = end;
        }
    }

    private static int characters(byte[] b, int from, int to) {
        int n = 0;
        for (int i = from; i < to; i++) if (!Utf8.isContinuation(b[i])) n++;
        return n;
    }
}
