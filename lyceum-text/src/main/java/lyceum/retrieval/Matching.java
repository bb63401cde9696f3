package lyceum.retrieval;

import java.util.ArrayList;
import java.util.BitSet;
import lyceum.text.count.TermSplitter;

/** Documents of one segment that match a query. */
record Matching(PostingSegment segment, TermSplitter analyzer) {
    BitSet of(TextQuery query) {
        return switch (query) {
            case TextQuery.Term(var field, var term) -> term(segment.cursor(field, term));
            case TextQuery.Phrase(var field, var text) -> phrase(field, text);
            case TextQuery.And(var parts) -> {
                var all = new BitSet(segment.size());
                all.set(0, segment.size());
                for (var part : parts) all.and(of(part));
                yield all;
            }
            case TextQuery.Or(var parts) -> {
                var any = new BitSet(segment.size());
                for (var part : parts) any.or(of(part));
                yield any;
            }
            case TextQuery.Not(var part) -> {
                var others = of(part);
                others.flip(0, segment.size());
                yield others;
            }
        };
    }

    private BitSet term(PostingCursor cursor) {
        var found = new BitSet(segment.size());
        if (cursor != null) while (cursor.next() != PostingCursor.END) found.set(cursor.document());
        return found;
    }

    private BitSet phrase(String field, String text) {
        var found = new BitSet(segment.size());
        var words = analyzer.split(text);
        var cursors = new ArrayList<PostingCursor>();
        var offsets = new ArrayList<Integer>();
        for (int i = 0; i < words.size(); i++) {
            if (words.get(i).isEmpty()) continue;
            var cursor = segment.cursor(field, words.get(i));
            if (cursor == null) return found;
            cursors.add(cursor);
            offsets.add(i);
        }
        if (cursors.isEmpty()) return found;
        int[] offset = offsets.stream().mapToInt(i -> i).toArray();
        int document = cursors.getFirst().next();
        for (int i = 1 % offset.length, same = 1; document != PostingCursor.END; i = (i + 1) % offset.length) {
            if (same < offset.length) {
                int next = cursors.get(i).advance(document);
                same = next == document ? same + 1 : 1;
                document = next;
                if (same < offset.length || document == PostingCursor.END) continue;
            }
            if (together(cursors.toArray(PostingCursor[]::new), offset)) found.set(document);
            document = cursors.get(i).next();
            same = 1;
        }
        return found;
    }

    private static boolean together(PostingCursor[] cursors, int[] offset) {
        var places = new int[cursors.length][];
        for (int i = 0; i < places.length; i++) {
            if (!cursors[i].hasPlaces()) return false;
            places[i] = cursors[i].places();
        }
        var at = new int[places.length];
        next : for (int first : places[0]) {
            for (int i = 1; i < places.length; i++) {
                int wanted = first - offset[0] + offset[i];
                while (at[i] < places[i].length && places[i][at[i]] < wanted) at[i]++;
                if (at[i] == places[i].length) return false;
                if (places[i][at[i]] != wanted) continue next;
            }
            return true;
        }
        return false;
    }
}
