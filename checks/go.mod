module checks

go 1.19
