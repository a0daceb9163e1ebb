"""Makes fixtures/import/Some-VLM-7B: a spreadsheet as VLMEvalKit writes it (pandas over XlsxWriter 3.2).

Run from the repository root, with XlsxWriter installed. The cells are written as pandas does: `write` for each.
"""
import os
import xlsxwriter

rows = [
    ['index', 'question', 'A', 'B', 'C', 'answer', 'category', 'prediction', 'hit'],
    [0, 'Which?', 'x < y', ' two  spaces ', '', 'B', 'Visual Similarity', 'The second.\nSo "B" \x01 \U0001f600', 1],
    [1, 'Which?', 'x', 'y', 'z', 'C', 'Counting', 'Failed to obtain answer via API.', 0],
    [2, 'Which?', 'x', 'y', 'z', 'C', 'Counting', 'It is (C).', 0],
]
folder = 'fixtures/import/Some-VLM-7B'
os.makedirs(folder, exist_ok=True)
with xlsxwriter.Workbook(f'{folder}/Some-VLM-7B_BLINK_exact_matching_result.xlsx') as book:
    book.set_properties({'created': __import__('datetime').datetime(2026, 1, 1)})
    sheet = book.add_worksheet('Sheet1')
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.add_worksheet('Notes').write(0, 0, 'not read')
