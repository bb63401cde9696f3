/** Labs of data: how they are gathered, cleaned, freed of copies, mixed, versioned and divided before anything is learned. Start from {@code DataSplitLab}. */
package lyceum.labs.data;
