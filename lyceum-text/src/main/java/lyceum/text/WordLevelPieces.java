package lyceum.text;

import lyceum.text.internal.ByteTable;

/** {@link WordLevel} at work. */
final class WordLevelPieces extends Pieces {
    private final ByteTable ids;
    private final int unknown;

    WordLevelPieces(WordLevel model, byte[][] keys) {
        ids = new ByteTable(keys);
        unknown = model.unknown() == null ? -1 : model.vocabulary().id(model.unknown());
    }

    @Override void cut(byte[] b, int from, int to, Sink sink) {
        int id = ids.get(b, from, to);
        if (id < 0) id = unknown;
        if (id >= 0) sink.add(id, from, to);
    }
}
