package lyceum.text.count;

import java.util.ArrayList;
import java.util.List;
import lyceum.tensor.Csr;

/**
 * A vocabulary that counts.
 *
 * @param terms of the columns, in order
 */
public record CountVectorizerModel(CountVectorizer settings, List<String> terms) {
    public CountVectorizerModel { terms = List.copyOf(terms); }

    /** Rows of counts, F64; terms outside the vocabulary are left out. */
    public DocumentTermMatrix transform(Iterable<String> texts) {
        return DocumentTermMatrix.of(new TermCounting(settings, terms).counted(texts), terms);
    }

    /** The terms that each row has, without their order in the text, which is lost. */
    public List<List<String>> inverse(Csr counts) {
        if (counts.columns() != terms.size())
            throw new IllegalArgumentException("inverse: " + counts.columns() + " columns for a vocabulary of " + terms.size());
        var rows = new ArrayList<List<String>>();
        double[] values = counts.values().toDoubleArray();
        for (int i = 0; i < counts.rows(); i++) {
            var row = new ArrayList<String>();
            for (int e = counts.rowStart(i); e < counts.rowStart(i + 1); e++) if (values[e] != 0) row.add(terms.get(counts.column(e)));
            rows.add(row);
        }
        return rows;
    }
}
