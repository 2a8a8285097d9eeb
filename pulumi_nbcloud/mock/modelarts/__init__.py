"""The mock of Huawei Cloud ModelArts."""
