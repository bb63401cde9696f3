package lyceum.data.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.data.Column;
import lyceum.data.DuckDb;
import lyceum.data.Frame;
import lyceum.data.FrameException;

/** Rows of a Parquet file as documents, a page of rows in memory at a time. */
final class ParquetDocuments implements DocumentReader {
    private static final int PAGE = 10_000;

    private final Path file;
    private final CorpusReader options;
    private final DuckDb db = DuckDb.open();
    private Frame page;
    private long first;
    private int at;

    ParquetDocuments(Path file, CorpusReader options) {
        this.file = file;
        this.options = options;
        if (!Files.isReadable(file)) {
            db.close();
            throw new LyceumException("cannot read " + file + ": it does not exist or may not be read");
        }
    }

    @Override public Document next() {
        while (true) {
            if (page == null || at == page.size()) {
                if (page != null) first += page.size();
                page = page();
                at = 0;
                if (page.size() == 0) return null;
            }
            var names = new ArrayList<String>();
            var cells = new ArrayList<String>();
            for (Column column : page.columns()) {
                if (column.name().equals("file_row_number")) continue;
                names.add(column.name());
                cells.add(column.isNull(at) ? null : String.valueOf(column.get(at)));
            }
            long row = first + ++at;
            try {
                return options.fromCells(names, cells, file.getFileName() + ":" + row);
            } catch (IllegalArgumentException e) {
                options.onMalformed().accept(new Malformed(String.valueOf(file.getFileName()), row, e.getMessage()));
            }
        }
    }

    private Frame page() {
        try {
            return db.query("select * from read_parquet(?, file_row_number = true) where file_row_number >= ? and file_row_number < ? "
                    + "order by file_row_number", file.toString(), first, first + PAGE);
        } catch (FrameException e) {
            throw new FormatException(file.getFileName() + ": not a Parquet file that can be read: " + e.getMessage(), e);
        }
    }

    @Override public void close() { db.close(); }
}
