DROP FUNCTION pos_receive_many_v1;
DROP FUNCTION pos_take_more_v1;
DROP FUNCTION pos_take_many_v1;
